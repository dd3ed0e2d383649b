"""One way to show a table: as text where there is no notebook, as HTML where there is one.

`rows` are lists of texts: the first row is the head, the first column names the rows.
"""

import html


def as_text(rows, caption=""):
    """Columns aligned at the right, and the caption below them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.rjust, row, widths)) for row in rows]
    return "\n".join([*lines, caption] if caption else lines)


def as_html(rows, caption="", bold=None):
    """The same for a notebook, with heads that a screen reader can tell; `bold` is the number of a column."""

    def cells(row, scopes):
        for column, (text, scope) in enumerate(zip(row, scopes, strict=True)):
            text = f"<b>{html.escape(text)}</b>" if column == bold else html.escape(text)
            yield f"<th scope='{scope}'>{text}</th>" if scope else f"<td>{text}</td>"

    head, *rows = rows
    heads = "".join(cells(head, ["col"] * len(head)))
    body = "".join(f"<tr>{''.join(cells(row, ['row'] + [''] * (len(row) - 1)))}</tr>" for row in rows)
    caption = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
