"""Lesson 00: what its checks must reject, and words of the sentence that they should say then."""

WRONG = {
    "squared_error": {
        "the root of it": (lambda p, t: (p - t).norm(dim=1).mean(), "4,100"),
        "the mean over a and b": (lambda p, t: ((p - t) ** 2).mean(), "add a and b up"),
        "the sum over balloons": (lambda p, t: ((p - t) ** 2).sum(), "take the mean"),
        "always a tenth of the sum": (lambda p, t: ((p - t) ** 2).sum() / 10, "4,100"),
        "the error of the mean color": (lambda p, t: ((p - t).mean(dim=0) ** 2).sum(), "take the mean"),
        "absolute differences": (lambda p, t: (p - t).abs().sum(dim=1).mean(), "square"),
        "no return": (lambda p, t: None, "`return`"),
    },
}
