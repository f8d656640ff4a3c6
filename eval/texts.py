"""What is to be read in the drawn films: two halves of one kind, one to work with, one held back.

The stage was built on the first half. The second, whose words, fonts, grounds and speeds are
others, is to be looked at seldom: docs/reference/accuracy.md says how often it was, and what was
changed after.
"""

from functools import partial

from eval.cases import Recipe
from eval.titles import PHOTOS, Title, camera, film, nothing, page, plain

_SANS, _SERIF, _MONO = "DejaVuSans", "DejaVuSerif", "DejaVuSansMono"
_STIX = "STIXGeneralBol"
_HIGH = (540, 960)

TITLES = (
    Title("Morning in the old harbour", 400, 3200, 120, 90, 60),
    Title("Maria Fernandez", 4800, 7600, 90, 540, 46),
    Title("Marine biologist, Lisbon", 4800, 7600, 90, 600, 30, _SANS),
    Title("CHAPTER TWO", 8400, 10800, 380, 250, 80, "DejaVuSerif-Bold"),
    Title("The long way north", 8800, 11200, 400, 370, 44, _SERIF),
    Title("Recorded on 14 March 2019", 12400, 15600, 800, 30, 24, _MONO),
    Title("Photograph by courtesy of the museum", 12800, 15200, 40, 680, 22, _SANS),
    Title("From left to right", 16400, 19200, -500, 300, 50, speed=(25, 0), slide_ms=1000),
)
TITLES_HELD = (
    Title("A house beside the river", 700, 3600, 200, 500, 54, _STIX),
    Title("Dr. Samuel Okafor", 4500, 7400, 700, 560, 42, "DejaVuSans-Oblique"),
    Title("Head of the observatory", 4500, 7400, 700, 612, 28, _STIX),
    Title("PART THREE", 8600, 11000, 60, 60, 90, _STIX),
    Title("Nobody answers the door", 9000, 11400, 70, 170, 40, "STIXGeneral"),
    Title("Archive, 2 June 1987", 12300, 15300, 40, 40, 26, "DejaVuSansMono-Bold"),
    Title("Footage: city film archive", 12900, 15500, 820, 670, 24, "DejaVuSans-Oblique"),
    Title("Up from below", 16300, 19400, 400, 800, 60, _STIX, speed=(0, -14), slide_ms=1000),
)
ACCENTS = (
    Title("Öffentlicher Nahverkehr in Zürich", 400, 3600, 100, 100),
    Title("Été à Besançon, près du château", 4400, 7600, 100, 560),
)
ACCENTS_HELD = (
    Title("Mañana llegará el pingüino", 300, 3500, 100, 300, 44, _SERIF),
    Title("Żółw i źrebię, wieś pod Łodzią", 4300, 7700, 100, 500, 44, _SERIF),
)


def _roll(lines: tuple[str, ...], speed: float, size: int, face: str) -> tuple[Title, ...]:
    lasts_ms = round(720 / speed) * 40
    return tuple(
        Title(text, 800 + 640 * n, 800 + 640 * n + lasts_ms, 380, 720, size, face, (0, -speed))
        for n, text in enumerate(lines)
    )


ROLL = _roll(
    ("Written by Ada Winter", "Camera: Jonas Bergman", "Sound: Lucia Romano",
     "Edited by Peter Novak", "Music by the Harbour Trio", "Colour grading: Mei Tanaka",
     "With thanks to the lighthouse", "Copyright Northern Pictures"), 6, 36, "DejaVuSans-Bold",
)  # fmt: skip
ROLL_BLACK = _roll(
    ("Production: Clara Voss", "Storyboard by Felix Adeyemi", "Editor: Marta Kowalska",
     "Sound design: Hugo Lindqvist", "Gaffer: Sam Porter", "Location scout: Nadia Petrova",
     "Music licensed by Tidal Arts", "No animals were harmed"), 5, 34, "DejaVuSerif",
)  # fmt: skip
ROLL_HELD = _roll(
    ("Directed by Ingrid Solberg", "Costumes: Amara Diallo", "Lighting: Tom Whitfield",
     "Second unit: Pavel Horak", "Catering by Blue Kitchen", "Drivers: Omar and Lena",
     "Shot on location in Bergen", "All rights reserved"), 4.5, 30, _STIX,
)  # fmt: skip
TICKER = (
    Title("Ferry services resume on Monday after the storm", 800, 11600, 1280, 660, 40,
          speed=(-9, 0)),
)  # fmt: skip
TICKER_HELD = (
    Title("Markets close higher as shipping costs fall for the third week in a row and exporters "
          "report full order books", 600, 15400, 1280, 668, 32, _SANS, (-8, 0), bar="#8a1020"),
)  # fmt: skip
_CODE = (
    "def open_harbour(ships, tide):", "    # only at high water", "    if tide < LOWEST_TIDE:",
    "        raise TooShallow(tide)", "    for ship in ships:", "        ship.moor(berth=next(free))",
    "", "def close_harbour(ships):", "    # the last one shuts the gate", "    for ship in ships:",
    "        ship.sail(course=WEST)", "    gate.shut(after=len(ships))", "",
    "class Lighthouse(Tower):", "    colour = 'red and white'", "    def signal(self, seconds):",
    "        self.lamp.flash(seconds)", "        return self.lamp.state",
    "    def maintain(self, keeper):", "        keeper.climb(self.stairs)",
    "        keeper.clean(self.lenses)",
)  # fmt: skip
_PROSE = (
    "The station was built in the year of the flood,", "on the only dry ground for miles around.",
    "Trains from the coast stopped here twice a day", "until the bridge at Marlow was closed.",
    "Today the waiting room is a small museum.", "Visitors may ring the bell by the gate.",
    "A timetable of 1911 hangs above the counter,", "and the clock still runs four minutes fast.",
    "Tickets are sold only on the second Sunday.", "Children under twelve enter free of charge.",
    "The garden behind it belongs to the parish.", "Roses grow where the sidings used to be.",
    "Please do not feed the geese near the pond.", "The last signal lamp was lit in December.",
)  # fmt: skip


def _captions(lines: tuple[str, ...], y: int, size: int, face: str) -> tuple[Title, ...]:
    return tuple(
        Title(text, 400 + 1000 * n, 1400 + 1000 * n, 240, y, size, face, fade_ms=0)
        for n, text in enumerate(lines)
    )


CAPTIONS = _captions(
    ("Did you hear that?", "It came from upstairs.", "Nobody lives there.", "Then who is it?",
     "Take the lamp with you.", "I am not going alone.", "Wait for me here."), 620, 42, _SANS,
)  # fmt: skip
CAPTIONS_HELD = _captions(
    ("We open at seven.", "Bring your own cup.", "Bread comes first,", "then butter and jam.",
     "Two coins, please.", "Mind the hot plate!", "See you tomorrow."), 600, 46, _STIX,
)  # fmt: skip
SUBTITLES = (
    Title("Where have you been all night?", 400, 2600, 260, 640, 38, _SANS, fade_ms=0),
    Title("I missed the last train home.", 2600, 4800, 260, 640, 38, _SANS, fade_ms=0),
    Title("Then sit down and eat.", 5200, 7200, 330, 640, 38, _SANS, fade_ms=0),
    Title("The soup has gone cold,", 8000, 10800, 330, 594, 38, _SANS, fade_ms=0),
    Title("but there is bread on the table.", 8000, 10800, 280, 640, 38, _SANS, fade_ms=0),
)
SUBTITLES_HELD = (
    Title("He wrote to me every winter", 300, 2300, 300, 630, 40, "STIXGeneral", fade_ms=0),
    Title("and never once in summer.", 2300, 4900, 310, 630, 40, "STIXGeneral", fade_ms=0),
    Title("What did the letters say?", 5400, 7000, 330, 630, 40, "STIXGeneral", fade_ms=0),
    Title("That the lake was frozen,", 8200, 11100, 330, 584, 40, "STIXGeneral", fade_ms=0),
    Title("and that he would come back.", 8200, 11100, 300, 630, 40, "STIXGeneral", fade_ms=0),
)


def _slides(slides: tuple[tuple[str, ...], ...], size: int, face: str) -> tuple[Title, ...]:
    return tuple(
        Title(text, 4000 * n, 4000 * n + 4000, 90, 60 + 70 * row, size, face, fade_ms=0,
              colour="#1d2733", outline=None)
        for n, lines in enumerate(slides)
        for row, text in enumerate(lines)
    )  # fmt: skip


SLIDES = _slides(
    (("How queues behave", "Work arrives in bursts", "Servers differ in speed",
      "Waiting grows without bound", "Measure before you tune", "Keep utilisation under 0.8",
      "Shed load early", "Report what was refused"),
     ("Three kinds of failure", "The network drops a message", "A disk answers too late",
      "Two clocks disagree", "Retry with patience", "Store the intent first",
      "Let any worker finish it", "Alert only on symptoms")), 34, _SANS,
)  # fmt: skip
SLIDES_HELD = _slides(
    (("Soil and water", "Clay holds what sand lets go", "Roots follow old channels",
      "Worms move four tonnes a year", "Compost feeds the fungi", "Cover bare ground in winter",
      "Dig less than you think", "Count birds in spring"),
     ("What we planted", "Beans along the southern wall", "Garlic under the apple trees",
      "Rye after the potatoes", "Clover between the rows", "Sunflowers for the finches",
      "Two rows of late carrots", "Nothing by the gate")), 32, _STIX,
)  # fmt: skip
FAINT = (
    Title("Soft morning light", 400, 3400, 300, 300, 60, colour="#b9bfc4", outline=None),
    Title("Hardly there at all", 4400, 7600, 380, 420, 48, colour="#8c8f94", outline=None),
)
FAINT_HELD = (
    Title("A whisper in the fog", 500, 3500, 260, 380, 56, _STIX, colour="#46586a", outline=None),
    Title("Grey upon grey", 4500, 7500, 420, 240, 64, _STIX, colour="#96a0a6", outline=None),
)
PHONE = (
    Title("Market day in Porto", 500, 3300, 60, 200, 40),
    Title("@lena.travels", 0, 8000, 40, 60, 24, _SANS, fade_ms=0),
    Title("Try the custard tarts", 4600, 7400, 40, 700, 38),
)
PHONE_HELD = (
    Title("How to fold a crane", 400, 3500, 50, 260, 42, _STIX),
    Title("paper.and.glue", 0, 8000, 300, 900, 26, _MONO, fade_ms=0),
    Title("Crease it twice here", 4400, 7600, 50, 640, 42, _STIX),
)
TINY = (
    Title("printed in a very small type that nobody can read", 0, 4000, 300, 300, 8, _SANS,
          fade_ms=0, outline=None, optional=True),
    Title("Blink and you miss it", 1480, 1560, 300, 500, 50, fade_ms=0, optional=True),
    Title("Large enough to read", 4400, 7600, 300, 300, 40),
)  # fmt: skip
TINY_HELD = (
    Title("terms and conditions apply to every offer shown here", 0, 4000, 500, 600, 8, _SERIF,
          fade_ms=0, outline=None, optional=True),
    Title("Gone before you look", 2120, 2200, 300, 200, 56, _STIX, fade_ms=0, optional=True),
    Title("This one stays a while", 4500, 7500, 260, 420, 44, _STIX),
)  # fmt: skip

_ON_A_TANK = Title("YAMAHA", 0, 8000, -500, 0, optional=True)
"""What can be read on the motorcycle that one of the photographs shows."""

_MIXED = camera(*PHOTOS)
_FAST = camera("coffee.png", "chelsea.png", "astronaut.png", way=0.4, width=0.6)
_FAST_HELD = camera("motorcycle_left.png", "ihc.png", "coins.png", way=0.4, width=0.6)
_OTHERS = camera("ihc.png", "motorcycle_left.png", "hubble_deep_field.jpg", "moon.png")

_WORKED_WITH: dict[str, Recipe] = {
    "titles.mp4": partial(film, TITLES, _MIXED, None),
    "accents.mp4": partial(film, ACCENTS, _MIXED, None),
    "roll.mp4": partial(film, ROLL, _MIXED, None),
    "roll-black.mp4": partial(film, ROLL_BLACK, plain("#000000"), None),
    "ticker.mp4": partial(film, TICKER, _MIXED, None),
    "page.mp4": partial(page, _CODE, 3, 1800, _MONO, 26),
    "captions.mp4": partial(film, CAPTIONS, _MIXED, None),
    "subtitles.mp4": partial(film, SUBTITLES, _FAST, None),
    "slides.mp4": partial(film, SLIDES, plain("#f4f1ea", "#e8edf4"), None),
    "faint.mp4": partial(film, FAINT, plain("#a4a9ae", "#a0a3a8"), None),
    "phone.mp4": partial(film, PHONE, camera("astronaut.png", "coffee.png", size=_HIGH), 90),
    "tiny.mp4": partial(film, TINY, _MIXED, None),
    "busy.mp4": partial(nothing, camera("brick.png", "gravel.png"), 8000),
}
_HELD_BACK: dict[str, Recipe] = {
    "titles-held.mp4": partial(film, (*TITLES_HELD, _ON_A_TANK), _OTHERS, None),
    "accents-held.mp4": partial(film, (*ACCENTS_HELD, _ON_A_TANK), _OTHERS, None),
    "roll-held.mp4": partial(film, ROLL_HELD, plain("#101014"), None),
    "ticker-held.mp4": partial(film, (*TICKER_HELD, _ON_A_TANK), _OTHERS, None),
    "page-held.mp4": partial(page, _PROSE, 2.5, 1500, "STIXGeneral", 30),
    "captions-held.mp4": partial(film, (*CAPTIONS_HELD, _ON_A_TANK), _FAST_HELD, None),
    "subtitles-held.mp4": partial(film, (*SUBTITLES_HELD, _ON_A_TANK), _FAST_HELD, None),
    "slides-held.mp4": partial(film, SLIDES_HELD, plain("#fffdf5", "#eef3ea"), None),
    "faint-held.mp4": partial(film, FAINT_HELD, plain("#5a6c7e", "#a8b2b8"), None),
    "phone-held.mp4": partial(
        film,
        (*PHONE_HELD, _ON_A_TANK),
        camera("chelsea.png", "motorcycle_left.png", size=_HIGH),
        90,
    ),
    "tiny-held.mp4": partial(film, (*TINY_HELD, _ON_A_TANK), _OTHERS, None),
    "busy-held.mp4": partial(nothing, camera("grass.png", "coins.png", way=0.4, width=0.7), 8000),
}

FILMS = _WORKED_WITH | _HELD_BACK
_FEW = (
    "titles.mp4", "ticker.mp4", "page.mp4", "subtitles.mp4", "busy.mp4",
    "roll-held.mp4", "ticker-held.mp4", "captions-held.mp4", "slides-held.mp4", "phone-held.mp4",
)  # fmt: skip
FEW = {name: FILMS[name] for name in _FEW}
"""Those that are always tried: of most kinds one, five of them held back."""
