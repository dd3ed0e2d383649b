"""The teaching layer: checks, hints, predictions, quizzes, progress and the game, without a browser."""

import base64
import contextlib
import copy
import io
import json
import os
import re
import types
import zlib

import numpy as np
import pytest
import torch
from colorlib.course.exercises import EXERCISES, mean_squared_error
from PIL import Image
from test_nogan_exercises import WRONG as NOGAN_WRONG
from test_wgan_exercises import WRONG as WGAN_WRONG
from torch import nn

from colorlib import color, models, nogan
from colorlib.course import check, checks, gallery, hint, page, progress, questions, texts
from colorlib.course.lesson_00 import balloon_game
from colorlib.course.lesson_01 import color_widgets
from colorlib.course.lesson_02 import dial, temperature, theory
from colorlib.course.questions import Quiz, predict, quiz, saw
from colorlib.course.recorded import curves_of, or_recorded
from colorlib.training import frozen
from colorlib.worlds import scenes


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORLIB_HOME", str(tmp_path / "home"))
    progress._memory.clear()


@pytest.fixture
def said(monkeypatch):
    """What the course says, as plain text."""
    lines = []
    monkeypatch.setattr(page, "say", lambda body, kind="note": lines.append(page.plain(body)))
    return lines


def not_written(*_):
    raise NotImplementedError("your turn")


def straight_curve(value):
    return value / 12.92


def power_everywhere(value):
    return ((value + 0.055) / 1.055) ** 2.4


def wrong_way_curve(value):
    return color.linear_to_srgb(value)


def curve_with_if(value):
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def lab_without_white(xyz):
    return color.xyz_to_lab(xyz * torch.tensor(color.WHITE).view(3, 1, 1))


def lab_without_line(xyz):
    x, y, z = (xyz / torch.tensor(color.WHITE).view(3, 1, 1)).pow(1 / 3)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)))


def lab_with_signs_mixed_up(xyz):
    return color.xyz_to_lab(xyz) * torch.tensor([1.0, -1, 1]).view(3, 1, 1)


def unsorted_split(hues, every=10):
    places = torch.arange(len(hues))
    return places[places % every != 0], places[places % every == 0]


def hues_instead_of_places(hues, every=10):
    ordered = hues.sort().values
    held_out = torch.arange(len(hues)) % every == 0
    return ordered[~held_out], ordered[held_out]


def first_tenth(hues, every=10):
    order = hues.argsort()
    return order[len(hues) // every :], order[: len(hues) // every]


def a_decoder(padding=1, last=nn.Tanh, extra=(), ups=True, between=nn.ReLU):
    """Makes functions that make decoders with one mistake each."""

    def make(channels):
        layers = []
        for before, after in zip(channels, channels[1:], strict=False):
            layers += [nn.Upsample(scale_factor=2)] if ups else []
            layers += [nn.Conv2d(before, after, 3, padding=padding), between()]
        return nn.Sequential(*layers, *extra, nn.Conv2d(channels[-1], 2, 3, padding=padding), last())

    return make


def a_step(forget=True, move=True, loss=nn.functional.mse_loss, give=torch.Tensor.item):
    def step(network, optimizer, gray, ab):
        value = loss(network(gray), ab)
        if forget:
            optimizer.zero_grad()
        value.backward()
        if move:
            optimizer.step()
        return give(value)

    return step


def expected_loss(grid, palette, probabilities, loss):
    return sum(p * loss(grid, truth) for p, truth in zip(probabilities, palette, strict=True))


def bce(logits, label):
    return nn.functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def descend(optimizer, loss, forget=True):
    if forget:
        optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def a_critic_step(see=lambda fake: fake.detach(), half=0.5, labels=(1.0, 0.0), last=lambda z: z, forget=True):
    def step(critic, optimizer, gray, ab, fake):
        real, painted = (last(critic(torch.cat([gray, shown], dim=1))) for shown in (ab, see(fake)))
        return descend(optimizer, half * (bce(real, labels[0]) + bce(painted, labels[1])), forget)

    return step


def a_generator_step(freeze=frozen, see=lambda fake: fake, fool=lambda z: bce(z, 1.0), mean=torch.mean, forget=True):
    def step(critic, optimizer, gray, ab, fake, lam):
        with freeze(critic):
            fooling = fool(critic(torch.cat([gray, see(fake)], dim=1)))
            return descend(optimizer, fooling + lam * mean((fake - ab).abs()), forget)

    return step


def both_in_one_batch(critic, optimizer, gray, ab, fake):
    pairs = torch.cat([torch.cat([gray, ab], dim=1), torch.cat([gray, fake.detach()], dim=1)])
    real, painted = critic(pairs).chunk(2)
    return descend(optimizer, (bce(real, 1.0) + bce(painted, 0.0)) / 2)


def without_a_step(critic, optimizer, gray, ab, fake, lam):
    return (bce(critic(torch.cat([gray, fake], dim=1)), 1.0) + lam * (fake - ab).abs().mean()).item()


def lambda_in_the_number_alone(critic, optimizer, gray, ab, fake, lam):
    near = (fake - ab).abs().mean()
    with frozen(critic):
        fooling = descend(optimizer, bce(critic(torch.cat([gray, fake], dim=1)), 1.0) + near)
    return fooling + (lam - 1) * near.item()


def left_frozen(critic, optimizer, gray, ab, fake, lam):
    loss = a_generator_step()(critic, optimizer, gray, ab, fake, lam)
    critic.requires_grad_(False)
    return loss


def without_critic(critic, optimizer, gray, ab, fake, lam):
    """As printed in a published GAN; the loss shows the verdict, and sends nothing back."""
    fooling = bce(critic(torch.cat([gray, fake], dim=1)), 1.0).detach()
    return descend(optimizer, fooling + lam * (fake - ab).abs().mean())


def field_of(grow, first=1):
    def receptive_field(layers):
        field, distance = first, 1
        for kernel, stride in layers:
            field, distance = grow(field, distance, kernel, stride)
        return field

    return receptive_field


WRONG = {
    **WGAN_WRONG,
    **NOGAN_WRONG,
    "00.squared_error": {
        "the root of it": (lambda p, t: (p - t).norm(dim=1).mean(), "4,100"),
        "the mean over a and b": (lambda p, t: ((p - t) ** 2).mean(), "add a and b up"),
        "the sum over balloons": (lambda p, t: ((p - t) ** 2).sum(), "take the mean"),
        "absolute differences": (lambda p, t: (p - t).abs().sum(dim=1).mean(), "square"),
        "no return": (lambda p, t: None, "`return`"),
    },
    "01.transfer_curve": {
        "the straight line everywhere": (straight_curve, "White must stay 1"),
        "the power everywhere": (power_everywhere, "straight line"),
        "the other direction": (wrong_way_curve, "0.214"),
        "an if instead of where": (curve_with_if, "torch.where"),
    },
    "01.xyz_to_lab": {
        "not divided by white": (lab_without_white, "divide by white"),
        "no straight line near black": (lab_without_line, "0.008856"),
        "a sign": (lab_with_signs_mixed_up, "signs"),
    },
    "01.hue_sorted_split": {
        "not sorted": (unsorted_split, "sort by hue"),
        "hues instead of places": (hues_instead_of_places, "pictures 0 and 10"),
        "the first tenth": (first_tenth, "0 and 10"),
    },
    "02.decoder": {
        "no padding": (a_decoder(padding=0), "padding=1"),
        "no doubling": (a_decoder(ups=False), "double 8×8 to 32×32"),
        "ReLU at the end": (a_decoder(last=nn.ReLU), "Tanh"),
        "no limit at the end": (a_decoder(last=nn.Identity), "Tanh"),
        "one layer too many": (a_decoder(extra=[nn.Conv2d(8, 8, 1)]), "nothing else that learns"),
        "no ReLU": (a_decoder(between=nn.Identity), "expected order"),
        "doubled at once": (
            lambda c: nn.Sequential(nn.Upsample(scale_factor=4), *a_decoder(ups=False)(c)),
            "expected order",
        ),
        "a network instead of a function": (a_decoder()([32, 16, 8]), "stopped with"),
    },
    "02.training_step": {
        "gradients not forgotten": (a_step(forget=False), "zero_grad"),
        "no step": (a_step(move=False), "optimizer.step()"),
        "a tensor given back": (a_step(give=lambda loss: loss.detach()), "loss.item()"),
        "absolute error": (a_step(loss=nn.functional.l1_loss), "** 2"),
    },
    "02.best_color": {
        "its number": (lambda *a: expected_loss(*a).argmin(), "not its number"),
        "the worst": (lambda grid, *a: grid[expected_loss(grid, *a).argmax()], "that color itself"),
        "not weighted": (
            lambda grid, palette, p, loss: grid[expected_loss(grid, palette, torch.ones(len(p)), loss).argmin()],
            "times its probability",
        ),
        "squared error always": (
            lambda grid, palette, p, _: grid[expected_loss(grid, palette, p, theory.squared).argmin()],
            "handed in",
        ),
    },
    "03.receptive_field": {
        "kernels added up": (field_of(lambda f, d, k, s: (f + k, d)), "just its kernel"),
        "strides left out": (field_of(lambda f, d, k, s: (f + k - 1, d)), "2 pixels apart"),
        "a stride that counts too early": (
            field_of(lambda f, d, k, s: (f + (k - 1) * d * s, d * s)),
            "just its kernel",
        ),
        "strides added": (field_of(lambda f, d, k, s: (f + (k - 1) * d, d + s - 1)), "distances multiply"),
    },
    "03.critic_step": {
        "not halved": (a_critic_step(half=1.0), "the half is missing"),
        "sigmoid twice": (a_critic_step(last=torch.sigmoid), "sigmoid too many"),
        "labels exchanged": (a_critic_step(labels=(0.0, 1.0)), "real pairs get the label 1"),
        "not detached": (a_critic_step(see=lambda fake: fake), "fake.detach()"),
        "gradients not forgotten": (a_critic_step(forget=False), "zero_grad"),
        "cut off in place": (a_critic_step(see=torch.Tensor.detach_), "without an underscore"),
        "both kinds in one batch": (both_in_one_batch, "a call of their own"),
        "no return": (lambda *arguments: None, "return"),
        "nothing learned": (
            lambda c, o, g, ab, f: a_critic_step()(c, torch.optim.SGD([ab], 0.0), g, ab, f),
            "loss.backward",
        ),
    },
    "03.generator_step": {
        "the saturating form": (a_generator_step(fool=lambda z: -bce(z, 0.0)), "saturating form"),
        "a sum": (a_generator_step(mean=torch.sum), "times the mean of"),
        "a sigmoid too many": (a_generator_step(fool=lambda z: bce(z.sigmoid(), 1.0)), "0.6931"),
        "detached": (a_generator_step(see=lambda fake: fake.detach()), "detached, or the verdict"),
        "the published GAN that is none": (without_critic, "is none"),
        "gradients not forgotten": (a_generator_step(forget=False), "zero_grad"),
        "no step": (without_a_step, "optimizer.step()"),
        "λ in the number alone": (lambda_in_the_number_alone, "with lam in it"),
        "left frozen": (left_frozen, "thaws it by itself"),
        "not frozen": (a_generator_step(freeze=contextlib.nullcontext), "with frozen(critic)"),
    },
}


@pytest.mark.parametrize("identifier", EXERCISES)
def test_a_check_accepts_the_reference_and_gives_it_back(identifier, said):
    function = EXERCISES[identifier].reference
    assert check(identifier, function) is function
    assert "✓" in said[0]
    lesson, name = identifier.split(".")
    assert progress.recall(lesson, "exercises", name) == {"passed": True}


@pytest.mark.parametrize(
    "identifier, mistake", [(identifier, mistake) for identifier in WRONG for mistake in WRONG[identifier]]
)
def test_a_check_rejects_a_plausible_mistake_with_a_helpful_sentence(identifier, mistake, said):
    function, words = WRONG[identifier][mistake]
    assert check(identifier, function) is EXERCISES[identifier].reference
    assert "✗" in said[0] and "Hint 1" in said[0]
    assert words.lower() in said[0].lower() or words.strip("`") in said[0], said[0]


def test_every_exercise_has_wrong_answers_and_its_texts():
    assert set(EXERCISES) == set(WRONG) and all(len(wrong) >= 2 for wrong in WRONG.values())
    for identifier, exercise in EXERCISES.items():
        _, _, text = texts.find("exercises", identifier)
        assert len(text["hints"]) >= 2 and text["solution"] and text["right"]
        assert set(text["look"]) == {label for label, _ in exercise.cases()}, identifier


@pytest.mark.parametrize("identifier", EXERCISES)
def test_the_solution_at_the_top_of_the_hint_ladder_is_right(identifier):
    _, _, text = texts.find("exercises", identifier)
    arguments = {
        "00.squared_error": "painted, truth",
        "01.transfer_curve": "value",
        "01.xyz_to_lab": "xyz",
        "01.hue_sorted_split": "hues, every=10",
        "02.decoder": "channels",
        "02.training_step": "network, optimizer, gray, ab",
        "02.best_color": "grid, palette, probabilities, loss",
        "03.receptive_field": "layers",
        "03.critic_step": "critic, optimizer, gray, ab, fake",
        "03.generator_step": "critic, optimizer, gray, ab, fake, lam",
        "04.wasserstein": "one, other",
        "04.gradient_penalty": "critic, gray, real, fake",
        "04.critic_steps": "critic_step, generator_step, batches, n_critic",
        "05.generator": "encoder, size",
        "05.feature_loss": "painted, truth, eyes, weights",
        "05.choose_stop": "rows, tolerance=0.02",
    }[identifier]
    body = "\n    ".join(text["solution"].strip().splitlines())
    known = {"torch": torch, "nn": nn, "frozen": frozen, "bce": nn.functional.binary_cross_entropy_with_logits}
    known |= {"WHITE": torch.tensor(color.WHITE).view(3, 1, 1)}
    known |= {"copy": copy, "nogan": nogan, "DynamicUnet": nogan.DynamicUnet}
    exec(f"def solution({arguments}):\n    {body}", known)
    assert checks.compare(known["solution"], EXERCISES[identifier]) is None


def test_an_unwritten_exercise_gives_the_reference_and_no_hint(said):
    assert check("00.squared_error", not_written) is mean_squared_error
    assert "not yet written" in said[0] and "Hint 1" not in said[0]


def test_a_wrong_answer_earns_a_hint_but_not_after_a_right_one(said):
    def hints_shown():
        check("00.squared_error", lambda *_: 7)
        return said[-1].count("Hint ")

    assert [hints_shown(), hints_shown(), hints_shown()] == [1, 2, 2]
    check("00.squared_error", mean_squared_error)
    progress.record("00", "exercises", "squared_error", hints=0)
    assert hints_shown() == 0 and "✗" in said[-1]


def test_a_check_names_the_kind_of_a_result_in_any_order(said):
    check("01.hue_sorted_split", lambda *_: "three")
    check("01.hue_sorted_split", lambda *_: torch.tensor(3))
    assert "a str, not numbers" in said[0] and "1 thing(s) where 2 are expected" in said[1]


def test_hints_come_one_by_one_and_the_solution_last(said):
    for _ in range(4):
        hint("00.squared_error")
    assert "Hint 1" in said[0] and "Hint 2 of 2" not in said[0]
    assert "Hint 2 of 2" in said[1] and "A solution" not in said[1]
    assert "A solution" in said[2] and ".mean()" in said[2] and said[3] == said[2]


def test_a_check_never_raises_whatever_a_function_does(said):
    def spoils_its_input(painted, truth):
        painted += 1
        raise RuntimeError("<script>")

    assert check("00.squared_error", spoils_its_input) is mean_squared_error
    assert check("00.squared_error", lambda *_: "seven") is mean_squared_error
    assert check("00.squared_error", lambda *_: torch.tensor(float("nan"))) is mean_squared_error
    assert check("00.squared_error", lambda a, b: (a, b)) is mean_squared_error
    assert check("00.squared_error", 7) is mean_squared_error
    assert "RuntimeError" in said[0] and "not numbers" in said[1] and "nan" in said[2]
    with pytest.raises(KeyError, match="00.squared_error"):
        check("00.square", mean_squared_error)


ALL_QUIZZES = [f"{lesson}.{name}" for lesson in texts.lessons() for name in texts._texts()[lesson].get("quizzes", {})]


@pytest.mark.parametrize("identifier", ALL_QUIZZES)
def test_every_wrong_answer_has_an_explanation_and_a_misconception(identifier):
    shown = Quiz(identifier)
    ids = [question["id"] for question in shown.questions]
    assert len(set(ids)) == len(ids)
    for question in shown.questions:
        options = question["options"]
        assert sum(bool(o.get("right")) for o in options) == 1 and len(options) >= 3
        assert all(len(o["why"]) > 30 for o in options)
        assert len({o["why"] for o in options}) == len(options)
    text = shown.as_text()
    assert all(page.inline(o["why"]) in text for question in shown.questions for o in question["options"])


def test_right_answers_are_not_always_in_the_same_place():
    places = [
        [bool(o.get("right")) for o in question["options"]].index(True)
        for identifier in ALL_QUIZZES
        for question in Quiz(identifier).questions
    ]
    assert all(places.count(place) <= len(places) / 2 for place in set(places))


def test_answers_are_remembered_with_their_misconception():
    asked = Quiz("00.take_away")
    assert not asked.answer(0, 0).right and asked.answer(0, 1).right
    known = progress.recall("00", "quizzes", "take_away.where_is_the_color")
    assert known == {"tries": 2, "right": True, "misconception": "gray_hides_the_color"}
    assert progress.progress().counts()["00"]["quizzes"] == (1, 3)


def test_the_quiz_widget_tells_by_its_status(own_home):
    widget = quiz("00.take_away")
    _, _, choices, button, told = widget.children[:5]
    button.click()
    assert "Choose an answer first" in told.value
    choices.value = 0
    button.click()
    assert "Not yet" in told.value and "colorlib-told" in told._dom_classes
    choices.value = 1
    button.click()
    assert "Right" in told.value
    bundle = widget.bundle()
    assert "Answers" in bundle["text/html"] and "Where is its color?" in bundle["text/plain"]
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id


def test_a_widget_shows_its_bundle(monkeypatch):
    shown = []
    monkeypatch.setattr(page, "display", lambda bundle, raw: shown.append(bundle))
    gamut = color_widgets.gamut_slider()
    gamut._ipython_display_()
    assert shown == [gamut.bundle()]
    assert "[The ab plane at L = 55" in shown[0]["text/plain"] and "<" not in shown[0]["text/plain"]


@pytest.mark.parametrize(
    "picture, mode",
    [
        (torch.full((3, 4, 6), 255, dtype=torch.uint8), "RGB"),
        (torch.ones(3, 4, 6, requires_grad=True), "RGB"),
        (torch.ones(1, 4, 6), "L"),
        (torch.ones(4, 6), "L"),
        (np.full((4, 6, 3), 255, dtype=np.uint8), "RGB"),
    ],
)
def test_every_kind_of_picture_can_be_shown(picture, mode):
    tag = page.picture(picture, 'white "paper"')
    shown = Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", tag)[1])))
    assert shown.size == (6, 4) and shown.convert("L").getextrema() == (255, 255)
    assert page.plain(tag) == '[white "paper"]'


def test_a_prediction_is_kept_and_compared():
    before = predict("00.guess_or_brown")
    before.button.click()
    assert "Choose" in before.told.value
    before.choices.value, before.sure.value = 0, "certain"
    before.button.click()
    after = saw("00.guess_or_brown")
    after.choices.value = 2
    after.button.click()
    assert "Look again" in after.told.value
    after.choices.value = 1
    after.button.click()
    assert "not what you predicted (you were: certain)" in after.told.value
    again = predict("00.guess_or_brown")
    assert (again.choices.value, again.sure.value) == (0, "certain")
    known = progress.recall("00", "predictions", "guess_or_brown")
    assert known == {"answer": 0, "confidence": "certain", "saw": 1}


def test_progress_travels_as_a_code(tmp_path, monkeypatch, said):
    check("00.squared_error", mean_squared_error)
    code = progress.progress().code()
    monkeypatch.setenv("COLORLIB_HOME", str(tmp_path / "elsewhere"))
    Quiz("00.take_away").answer(0, 1)
    board = progress.progress().restore(code)
    assert board.counts()["00"] == {"exercises": (1, 1), "quizzes": (1, 3), "predictions": (0, 1)}
    assert "1 of 1 exercises" in repr(board)
    board.restore("nonsense")
    assert "can't be read" in said[-1]


def test_progress_survives_a_broken_file_and_a_folder_that_cannot_be_written(tmp_path, monkeypatch, said):
    home = tmp_path / "home"
    home.mkdir()
    (home / "progress.json").write_text("{broken")
    progress.record("00", "exercises", "squared_error", passed=True)
    assert (home / "progress.broken.json").read_text() == "{broken" and "kept as" in said[0]
    assert json.loads((home / "progress.json").read_text())["schema"] == 1
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COLORLIB_HOME", str(tmp_path / "file"))
    progress.record("00", "quizzes", "take_away.why_brown", right=True)
    assert progress.recall("00", "quizzes", "take_away.why_brown") == {"right": True}
    assert "memory only" in progress.progress()._repr_mimebundle_()["text/html"]


DAMAGED = [
    {"00": 7},
    {"00": {"exercises": []}},
    {"00": {"exercises": {"squared_error": True}, "quizzes": {"take_away.why_brown": "right"}}},
    {"00": {"exercises": {"squared_error": {"hints": "two"}}, "predictions": {"guess_or_brown": {"answer": None}}}},
]


@pytest.mark.parametrize("lessons", DAMAGED)
def test_half_a_progress_file_stops_nothing(lessons, tmp_path, said):
    home = tmp_path / "home"
    home.mkdir()
    board, stored = progress.progress(), {"schema": 1, "lessons": lessons}
    code = base64.urlsafe_b64encode(zlib.compress(json.dumps(stored).encode())).decode()
    board.restore(code)
    assert "can't be read" in said.pop() and not (home / "progress.json").exists()
    for use in (
        lambda: check("00.squared_error", lambda *_: 7),
        lambda: hint("00.squared_error"),
        lambda: Quiz("00.take_away").answer(0, 0),
        lambda: predict("00.guess_or_brown"),
        lambda: repr(board),
    ):
        (home / "progress.json").write_text(json.dumps(stored))
        use()
        assert (home / "progress.broken.json").read_text() == json.dumps(stored)


def test_a_prediction_from_elsewhere_is_taken_with_care(said):
    progress.record("00", "predictions", "guess_or_brown", answer=9, confidence="<script>")
    assert predict("00.guess_or_brown").choices.value is None
    after = saw("00.guess_or_brown")
    after.choices.value = 0
    after.button.click()
    assert "not what you predicted." in after.told.value and "<script>" not in after.told.value


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path, monkeypatch, said):
    def in_use(*_):
        raise PermissionError("another program has the file open")

    monkeypatch.setattr(os, "replace", in_use)
    progress.record("00", "exercises", "squared_error", passed=True)
    assert list((tmp_path / "home").iterdir()) == []
    assert progress.recall("00", "exercises", "squared_error") == {"passed": True}


def test_progress_of_a_newer_course_is_left_alone(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    newer = json.dumps({"schema": 99, "lessons": {}})
    (home / "progress.json").write_text(newer)
    progress.record("00", "exercises", "squared_error", passed=True)
    assert (home / "progress.json").read_text() == newer
    assert progress.recall("00", "exercises", "squared_error") == {"passed": True}


def test_the_balloon_game_is_fair():
    game = balloon_game.Game(seed=3)
    assert torch.equal(game.gray[:, 0], game.gray[:, 1])
    mine, brown, hits = game.score(game.color_numbers)
    assert mine == 0 and hits == 10 and brown > 2000
    for k in range(3):
        same = torch.tensor(game.color_numbers) == k
        assert torch.equal(game.painted[k][same], game.real[same])
    assert game.verdicts(game.real_is_left) == balloon_game.PAIRS
    assert game.verdicts([not left for left in game.real_is_left]) == 0


def test_the_balloon_game_on_the_screen():
    play = balloon_game.be_the_network(seed=1)
    play.score_button.click()
    assert "Balloon 1 has no color yet" in play.told.value
    for menu in play.menus:
        menu.value = 2
    play.score_button.click()
    assert "Your mean squared error" in play.told.value and play.critic.children
    for menu, left in zip(play.judgments, play.game.real_is_left, strict=True):
        menu.value = left
    _, _, button, told = play.critic.children
    button.click()
    assert "5 of 5 right" in told.value


def test_color_widgets_follow_their_controls():
    picture = scenes.draw(1, size=32, seed=0).pictures[0]
    sliders = color_widgets.blur_sliders(picture)
    before = sliders.view.value
    sliders.color_blur.value = 5
    assert "blurred by 5 pixels" in sliders.view.value and sliders.view.value != before
    gamut = color_widgets.gamut_slider()
    gamut.slider.value = 90
    assert "at L = 90" in gamut.view.value
    hints = color_widgets.color_hints(picture)
    hints.place()
    assert "1 color hints" in hints.view.value
    hints.clear()
    assert "0 color hints" in hints.view.value


def test_a_hint_spreads_over_its_region_and_stops_at_the_edge():
    gray = torch.full((1, 16, 16), -0.5)
    gray[:, :, 8:] = 0.5
    ab = color_widgets.spread(gray, {(8, 2): (50, 0), (8, 13): (-50, 20)}) * color.AB_SCALE
    assert (ab[0, :, :7] - 50).abs().max() < 3 and (ab[0, :, 9:] + 50).abs().max() < 3


def test_theory_agrees_with_the_grid():
    palette = torch.tensor(scenes.DEFAULT_PALETTE)
    axis = torch.arange(-60.0, 71)
    grid = torch.cartesian_prod(axis, axis)
    for chances in dial.CHANCES.values():
        p = torch.tensor(chances)
        for closed, loss in ((theory.mean, theory.squared), (theory.median, theory.absolute)):
            best = theory.best_color(grid, palette, p, loss)
            costs = [(p @ torch.stack([loss(c, t) for t in palette])).item() for c in (best, closed(palette, p))]
            assert costs[1] <= costs[0] + 1e-3
    drawn = [theory.sample(palette, torch.tensor([0.9, 0.0, 0.1])).tolist() for _ in range(300)]
    assert palette[1].tolist() not in drawn and 230 < drawn.count(palette[0].tolist()) < 295


def test_the_dial_paints_what_it_says():
    shown = dial.BalloonDial()
    assert "mean" in shown.told.value and "chroma 10" in shown.told.value and "at the stop mean" in shown.view.value
    shown.slider.value = 3
    assert "mode" in shown.told.value and "a real balloon" in shown.told.value
    shown.slider.value, shown.menu.value = 2, "red 60 %, green 40 %"
    assert "chroma 72, a real balloon" in shown.told.value and "a = 60, b = 40" in shown.view.value
    plain = shown.dial
    inside = plain.cover > 0.99
    for ab in plain.palette:
        painted = color.rgb_to_lab(plain.paint(ab))[1:, inside].mean(dim=1)
        assert (painted - ab).norm() < 1.5


def a_loss_quiz():
    losses = ("gray", "l2", "l1", "truth")
    numbers = {"chroma": 9.0, "true_chroma": 55.0, "l1_chroma": 14.0, "l2_chroma": 9.0, "background_error": 5.0}
    paintings = {loss: torch.rand(2, 3, 8, 8) for loss in losses}
    return questions.LossQuizWidget("02.which_loss", paintings, dict.fromkeys(losses, numbers))


def test_the_loss_quiz_explains_every_wrong_match():
    widget = a_loss_quiz()
    asked = widget.quiz
    for letter, truth in asked.rows.items():
        for loss in asked.losses:
            verdict = asked.answer(letter, loss)
            assert verdict.right == (loss == truth) and len(verdict.why) > 25 and "{" not in verdict.why
    widget.check()
    assert "has no loss yet" in widget.verdicts["A"].value
    for letter, truth in asked.rows.items():
        widget.menus[letter].value = truth
    widget.check()
    assert all("Right" in verdict.value for verdict in widget.verdicts.values())
    assert progress.progress().counts()["02"]["quizzes"][0] == 4
    assert "<b>L2 (squared error)</b>" in asked.as_text()
    with pytest.raises(ValueError, match="just these"):
        questions.LossQuiz("02.which_loss", {"l2": torch.rand(1, 3, 8, 8)}, {})


def test_recorded_runs_stand_in_at_quick(monkeypatch, said):
    run = types.SimpleNamespace(step=4, total=4, history=[{"mse": 0.5}, {"mse": 0.25}], generator=nn.Linear(1, 1))
    monkeypatch.setenv("COLORLIB_PROFILE", "quick")
    recorded = or_recorded(run, "ambiguous_l2")
    assert recorded.history and recorded.generator(torch.zeros(1, 1, 32, 32)).shape == (1, 2, 32, 32)
    assert "recorded run ambiguous_l2" in said[0]
    monkeypatch.setenv("COLORLIB_PROFILE", "laptop")
    assert or_recorded(run, "ambiguous_l2") is run
    assert "mse from 0.5 to 0.25" in curves_of(run, "mse").alt


def test_the_temperature_goes_from_dull_to_strong_and_samples_differ():
    generator = models.load("ambiguous_classify")
    gray, _ = color.to_gray_ab(scenes.draw(3, size=32, seed=5, world="ambiguous").pictures)
    shown = temperature.TemperatureDial(generator, gray)
    chroma = []
    for value in (1.0, 0.1, 0.0):
        shown.slider.value = value
        chroma.append(shown.colors().norm(dim=1).mean().item())
        assert f"temperature {value:.2f}" in shown.told.value
    assert chroma[0] < chroma[1] < chroma[2]
    shown.button.click()
    assert "a sample" in shown.told.value and not torch.equal(shown.colors(), shown.colors())
    shown.slider.value = 0.5
    assert "temperature 0.50" in shown.told.value


def test_a_gallery_shows_the_stop_of_its_slider_and_says_which():
    rows = {f"λ = {n}": torch.full((3, 3, 8, 8), n / 10) for n in (0, 5)}
    shown = gallery.picture_gallery("λ", rows, {"λ = 5": "half way"}, {"the truth": torch.ones(3, 3, 8, 8)})
    assert "λ = 0" in shown.told.value and shown.view.value.count("<img") == 6
    assert "λ = 0, picture 1" in shown.view.value and "the truth, picture 3" in shown.view.value
    shown.slider.value = 2
    assert "half way" in shown.told.value and "λ = 5, picture 1" in shown.view.value
    text = shown.as_text()
    assert text.count("<img") == 9 and "λ = 0" in text and "half way" in text
    with pytest.raises(ValueError, match="at least one row"):
        gallery.picture_gallery("λ", {})
