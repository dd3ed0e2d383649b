"""A table as text, or in a notebook as HTML: `rows` of texts, the first one is the head, the first column the names."""

import html


def as_text(rows, caption=""):
    """Columns aligned at the right, and the caption below them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.rjust, row, widths)) for row in rows]
    return "\n".join([*lines, caption] if caption else lines)


def as_html(rows, caption="", bold=None):
    """The same for a notebook, with heads that a screen reader can tell; `bold` is the number of a column."""

    def shown(column, text):
        return f"<b>{html.escape(text)}</b>" if column == bold else html.escape(text)

    head, *body = ([shown(column, text) for column, text in enumerate(row)] for row in rows)
    heads, lines = "".join(f"<th scope='col'>{text}</th>" for text in head), ""
    for name, *cells in body:
        lines += f"<tr><th scope='row'>{name}</th>{''.join(f'<td>{text}</td>' for text in cells)}</tr>"
    caption = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
