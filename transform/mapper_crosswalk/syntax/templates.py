"""Templates as they are written: text with {path | transform} places, `{{` and `}}` for braces."""

import re

_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def split_template(template: str) -> tuple[list[str], list[str]]:
    """Return the literals and, between them, the texts of the places. Raises ValueError for a lone brace."""
    literals, places, at = [""], [], 0
    for match in _PLACE.finditer(template):
        literals[-1] += template[at : match.start()]
        at = match.end()
        if match.group(1) is not None:
            places.append(match.group(1))
            literals.append("")
        elif len(match.group(0)) > 1:
            literals[-1] += match.group(0)[0]
        else:
            raise ValueError(match.group(0))
    literals[-1] += template[at:]
    return literals, places
