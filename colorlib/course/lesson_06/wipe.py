"""Two colorings of one photograph in one picture, and a border between them that moves."""

from colorlib import color
from colorlib.course import controls, page

WIDTH, SMALL = 640, 240  # pixels on the screen


class Wipe(page.Live):
    """`pictures` {name: 3×H×W}, all of one size: two menus, and a slider for the border; `of` says what they show."""

    def __init__(self, pictures, of="one photograph"):
        self.pictures, self.of = {name: color.to_uint8(picture) for name, picture in pictures.items()}, of
        self.left, self.right = (self.follow(controls.menu(side, pictures)) for side in ("left", "right"))
        self.border, self.told = self.follow(controls.slider("border, in %", 0, 100, 50)), controls.Told()
        super().__init__(self.left, self.right, self.border, self.told)
        self.right.value = list(pictures)[-1]

    def composite(self):
        """The left one up to the border, the right one from there on; between them a line, black and white."""
        shown = self.pictures[self.right.value].clone()
        width = shown.shape[-1]
        border, line = width * self.border.value // 100, max(1, width // WIDTH)
        shown[..., :border] = self.pictures[self.left.value][..., :border]
        if 0 < border < width:
            shown[..., max(0, border - line) : border] = 0
            shown[..., border : border + line] = 255
        return shown

    def draw(self):
        share = self.border.value
        told = f"the left {share} % is {self.left.value}, the right {100 - share} % is {self.right.value}"
        self.told.say(page.inline(f"Now {told}."))
        return page.picture(self.composite(), f"{self.of}: {told}", WIDTH)

    def as_text(self):
        shown = "<figure style='display:inline-block;margin:4px'>{}<figcaption>{}</figcaption></figure>".format
        named = [(page.picture(view, f"{self.of}: {name}", SMALL), name) for name, view in self.pictures.items()]
        row = "".join(shown(view, page.inline(name)) for view, name in named)
        return page.box(f"{row}<br><small>Run this lesson to lay one beside another.</small>")
