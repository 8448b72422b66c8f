"""The mapper at work: Singer messages in, mapped Singer messages out."""
