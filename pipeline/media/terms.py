"""The words of a text that carry its matter, in any language; pure functions.

Stop words are those of stopwords-iso (MIT, 57 languages), but for English: its list there leaves
out "interest", "system" and "home". A language without a list has its shortest words left out.
"""

import re
from functools import cache

_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")  # noqa: RUF001  as it is written
# What is written without spaces has no words that we could tell: pairs of characters stand for them.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")
_SHORTEST, _LONGEST = 3, 50
# Words begin alike in many of their forms: cut off here they serve as well as stems do in most
# languages (McNamee and Mayfield, 2004).
_STEM = 6

_EMPTY_IN_ENGLISH = """
    a about above across actually after again against ago ain't all almost along already also
    although always am among an and another any anybody anyone anything anyway are aren't around
    as at away back basically be became because become becomes been before began begin begins
    behind being below beside best better between beyond big bit both but by came can can't
    cannot come comes could couldn't course day days did didn't different do does doesn't doing
    don't done down during each either else end enough especially etc even ever every everybody
    everyone everything everywhere exactly far few finally find first five for four from full
    further gave get gets getting give given gives go goes going gone gonna good got gotta great
    guess guy guys had hadn't half happen happens hard hardly has hasn't have haven't having he
    he'd he'll he's hello hence her here here's hers herself hey hi him himself his hour hours
    how however hundred i i'd i'll i'm i've if in indeed inside instead into is isn't it it'd
    it'll it's its itself just keep kept kind know known knows last later least left less let
    let's like likely little long look looked looking looks lot lots made make makes making many
    may maybe me mean means might million mine minute minutes more most mostly much must my
    myself named near nearly need needs neither never new next nine no nobody none nor not
    nothing now nowhere of off often oh ok okay old on once one ones only onto or other others
    ought our ours ourselves out outside over own part past people per perhaps place please
    point possible pretty probably put quite rather ready really right same saw say saying says
    second see seem seems seen set seven several shall she she'd she'll she's should shouldn't
    show shows simply since six small so some somebody somehow someone something sometimes
    somewhere soon sort start started still stop straight such sure take taken takes tell tells
    ten than thank thanks that that'll that's the their theirs them themselves then there
    there's therefore these they they'd they'll they're they've thing things think this those
    though thought thousand thousands three through throughout thus time times to today together
    told too took toward towards tried true try trying turn turned turns twice two uh um under
    unless until up upon us use used uses using usually various very via wanna want wanted wants
    was wasn't way ways we we'd we'll we're we've week weeks welcome well went were weren't what
    what's whatever when whenever where where's wherever whether which whichever while who who'd
    who's whoever whole whom whose why will with within without won't word words would wouldn't
    wow yeah year years yes yesterday yet you you'd you'll you're you've your yours yourself
    yourselves"""
_ENGLISH = frozenset(_EMPTY_IN_ENGLISH.split())


def words(text: str) -> list[str]:
    """Return the words as they are written, marks left out."""
    return _WORD.findall(text)


def unspaced(text: str) -> bool:
    """Tell whether a word is of a script that writes none apart: Han, kana, Thai and alike."""
    return bool(_UNSPACED.match(text))


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the words of a language, ISO 639-1, that say nothing by themselves; lower case."""
    if language == "en":
        return _ENGLISH
    import stopwordsiso

    return frozenset(stopwordsiso.stopwords(language))


def telling(word: str, language: str) -> bool:
    """Tell whether a word can carry matter: no stop word, number, letter or noise."""
    plain = word.casefold().replace("’", "'")  # noqa: RUF001  as it is written
    stops = stop_words(language)
    short = len(word) < (_SHORTEST if not stops else 2)
    # A contraction is as empty as its first part: "t'as", "l'on".
    return not short and len(word) <= _LONGEST and not plain[0].isdigit() and plain not in stops


def stems(text: str, language: str) -> list[str]:
    """Return what to count of a text: its telling words, lower case and cut alike."""
    found = []
    for word in words(text):
        if unspaced(word):
            found += [word[i : i + 2] for i in range(max(len(word) - 1, 1))]
        elif telling(word, language):
            found.append(word.casefold()[:_STEM])
    return found
