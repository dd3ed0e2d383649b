"""One measurement in a process of its own: `python measure.py WHAT WAY`. It prints numbers as JSON."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

STEPS = {"256": (4, 8, 64), "64": (32, 6, 32), "32": (64, 5, 24)}  # pixels: batch, halvings, first channels
PHOTOS = 192


def best(work, times=5):
    """The seconds of the fastest of several goes; the first is for warming up."""
    seconds = []
    for _ in range(times + 1):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


def noise(n, size):
    return torch.randint(0, 256, (n, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def photographs(folder, n=PHOTOS):
    """Crops of 500 pixels of scikit-image's photographs, as JPEG files."""
    from skimage import data

    sources = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    dice = np.random.default_rng(0)
    for number in range(n):
        photo = Image.fromarray(sources[number % len(sources)])
        left, top = dice.integers(photo.width // 4), dice.integers(photo.height // 4)
        crop = photo.crop((left, top, left + photo.width * 3 // 4, top + photo.height * 3 // 4)).resize((500, 400))
        crop.save(folder / f"{number:04}.jpg", quality=90)
    return sorted(folder.glob("*.jpg"))


def color(way, size=256):
    """Pictures a second: RGB to Lab, and Lab to RGB."""
    pictures = noise(64, size)
    if way == "textbook":
        import textbook

        arrays = pictures.numpy()[:16]
        labs = [lab.transpose(2, 0, 1) for lab in textbook.to_lab(arrays)]
        return 16 / best(lambda: textbook.to_lab(arrays), 2), 16 / best(lambda: textbook.to_rgb(labs), 2)
    from colorlib import color

    lab = color.rgb_to_lab(pictures)
    return 64 / best(lambda: color.rgb_to_lab(pictures), 10), 64 / best(lambda: color.lab_to_rgb(lab), 10)


def data(way, size, folder):
    """Pictures a second of photographs on the disk: in the first epoch, and from the second on."""
    paths, size = photographs(Path(folder)), int(size)
    if way == "textbook":
        import textbook

        seconds = best(lambda: list(textbook.loader(paths, size, 16)), 2)
        return PHOTOS / seconds, PHOTOS / seconds
    from colorlib import data

    started = time.perf_counter()
    prepared = data.prepared(data.pictures.cache(paths, size)[0])
    list(data.batches(prepared, 16))
    return PHOTOS / (time.perf_counter() - started), PHOTOS / best(lambda: list(data.batches(prepared, 16, epoch=1)))


def memory(way, n, folder):
    """The largest memory of this process's own (MB) while n pictures of 64 pixels are loaded and batched once."""
    from colorlib import data

    originals, album = photographs(Path(folder), 4), Path(folder) / "album"
    album.mkdir()
    for number in range(int(n)):
        (album / f"{number:06}.jpg").hardlink_to(originals[number % 4])
    most = [0]

    def watch():  # what is mapped from files does not count: the system takes it back as it likes
        while True:
            status = Path("/proc/self/status").read_text().split()
            most[0] = max(most[0], int(status[status.index("RssAnon:") + 1]) / 1024)
            time.sleep(0.05)

    threading.Thread(target=watch, daemon=True).start()
    for _ in data.batches(data.prepared(data.load(album, 64).train), 64):
        pass
    return most


def steps(way, size):
    """Pictures a second of pix2pix: the median of steps that came after the first two; and how slow the first was."""
    batch, halvings, base = STEPS[size]
    pictures, ends = noise(10 * batch, int(size)), [time.perf_counter()]
    if way == "textbook":
        import textbook

        batches = [(part[:, :1] / 127.5 - 1, part[:, 1:] / 127.5 - 1) for part in pictures.split(batch)]
        for _ in textbook.pix2pix_steps(batches, halvings, base):
            ends.append(time.perf_counter())
    else:
        from colorlib import training

        recipe = training.build("pix2pix", int(size), width=base / 64, critic_width=base / 64, batch_size=batch)
        step = recipe.step
        recipe.step = lambda *seen: (step(*seen), ends.append(time.perf_counter()))[0]
        training.fit(recipe, pictures, epochs=1, progress=False)
    seconds = np.diff(ends)[1:]  # what comes before the second step is a start, not a step
    return batch / np.median(seconds[2:]), seconds[0] / np.median(seconds[2:])


def quality(way):
    """Held-out ab error on CIFAR-10, and the seconds that 8,000 training pictures took."""
    from colorlib.data import download, load, pictures

    found = load("cifar10", 32, 8_900)
    from colorlib import color, metrics, models, training

    gray, truth = color.to_gray_ab(found.valid)

    def error(network):
        return metrics.measure(models.paint(network, gray), truth, gray, None, ["ab_error"])["ab_error"]

    if way == "textbook":
        import textbook

        paths = pictures.listing(download.CIFAR10.get() / "train")
        reached, seconds, started = [], [], time.perf_counter()
        for network in textbook.train_unet(np.random.default_rng(0).permutation(paths)[:8_000], epochs=8):
            seconds.append(time.perf_counter() - started)
            reached.append(error(network))
            started += time.perf_counter() - started - seconds[-1]  # measuring does not count
        return min(reached), seconds[int(np.argmin(reached))]
    shown, settings = (
        found.train[:8_000],
        {"network": "pix2pix", "levels": 4, "width": 0.25, "dropout": 0.0, "size": 32},
    )
    started = time.perf_counter()
    recipe = training.Supervised(loss="mse", lr=3e-3, steps=4 * (len(shown) // 64), **settings)
    generator = training.fit(recipe, shown, epochs=4, progress=False).generator
    seconds = time.perf_counter() - started
    return error(generator), seconds


def start(way):
    """Seconds of an import in a fresh Python."""
    code = "import torch" if way == "textbook" else "import torch, colorlib"
    return [best(lambda: subprocess.run([sys.executable, "-c", code], check=True))]


if __name__ == "__main__":
    torch.manual_seed(0)
    what, *arguments = sys.argv[1:]
    print(json.dumps([float(number) for number in globals()[what](*arguments)]))
