"""Singer mapper with checked YAML mappings."""
