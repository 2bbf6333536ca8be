"""HTML of strangers: as plain text to read and search, and cleaned for the sandbox it is shown in."""

import re
from html.parser import HTMLParser

import nh3

BLOCKS = {
    "p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr",
    "section", "article", "header", "footer", "dd", "dt",
}  # fmt: skip
SILENT = {"script", "style", "head", "title", "template", "noscript", "object"}
TAGS = {
    "a", "abbr", "b", "big", "blockquote", "br", "center", "caption", "code", "col", "colgroup", "dd", "del", "div",
    "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "q",
    "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt",
    "u", "ul",
}  # fmt: skip
EVERYWHERE = {"align", "bgcolor", "dir", "lang", "style", "title", "valign", "width", "height", "color"}
ATTRIBUTES = {
    "*": EVERYWHERE, "a": {"href", "name"}, "img": {"src", "alt", "border"}, "font": {"face", "size"},
    "table": {"border", "cellpadding", "cellspacing"}, "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan"}, "ol": {"start", "type"}, "col": {"span"},
}  # fmt: skip
STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-radius",
    "border-right", "border-spacing", "border-style", "border-top", "border-width", "color", "display", "font",
    "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing", "line-height", "list-style",
    "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "min-width",
    "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align", "text-decoration",
    "text-indent", "vertical-align", "white-space", "width", "word-break", "word-wrap",
}  # fmt: skip
REMOTE = re.compile(r"""<img\b[^>]*\bsrc\s*=\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)
LONGEST = 2_000_000


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag, attrs):
        if tag in SILENT:
            self.silent += 1
        elif tag in BLOCKS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append("\t")

    def handle_endtag(self, tag):
        if tag in SILENT:
            self.silent = max(self.silent - 1, 0)
        elif tag in BLOCKS and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data):
        if not self.silent:
            self.pieces.append(re.sub(r"[ \t\r\n\f]+", " ", data))


def text_of(html: str) -> str:
    """The words of HTML, a line a block, empty lines thinned out."""
    reader = _Reader()
    reader.feed(html[:LONGEST])
    reader.close()
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def cleaned(html: str, pictures: dict[str, str], *, remote: bool = False) -> str:
    """HTML without anything that runs, loads or reaches out, by nh3 (Ammonia).

    `pictures` are addresses of inline pictures by Content-ID; pictures elsewhere are left out unless `remote`.
    """

    def attribute(tag: str, name: str, value: str) -> str | None:
        if (tag, name) != ("img", "src"):
            return value
        scheme, _colon, rest = value.strip().partition(":")
        if scheme.lower() == "cid":
            return pictures.get(rest.strip("<>"))
        return value if remote and scheme.lower() in ("http", "https") else None

    return nh3.clean(
        html[:LONGEST], tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto", "tel", "cid"},
        clean_content_tags={"script", "style", "title", "noscript", "template"}, attribute_filter=attribute,
        filter_style_properties=STYLES, link_rel="noopener noreferrer nofollow", set_tag_attribute_values={
            "a": {"target": "_blank"}
        },
    )  # fmt: skip


def asks_for_pictures(html: str) -> bool:
    """Whether HTML would load pictures from elsewhere, which tells the sender that it was read."""
    return bool(REMOTE.search(html))
