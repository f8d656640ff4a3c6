"""The frozen dataclasses that stages exchange and writers store.

They travel as JSON (`dump`, `load`), so fields are numbers, strings, bytes, tuples and
other dataclasses of this package. Times are integer milliseconds from the start of the upright
presentation (pts minus the container's start offset), ends exclusive. Boxes are
`(x, y, w, h)`, normalised to 0..1 from the top left of the upright picture. Files are names
relative to the folder of the result that names them.
"""

from .abstract import Abstract, AbstractSentence, ChapterTitle
from .basis import Box, FileName, Shard, Sharded
from .codec import RESULT_FILE, dump, load, parse
from .meaning import (
    Chapter,
    Chapters,
    CueSpan,
    Entities,
    Keyword,
    Keywords,
    Mention,
    Summary,
    SummarySentence,
)
from .media import AudioStream, Fetched, Media, SubtitleStream, VideoStream
from .nudity import Nudity, NuditySpan
from .pictures import Calls, Frames, SampledFrame, ScreenText, Shot, Shots, TextSpan, Transition
from .renditions import Proxy, Redacted
from .signatures import Signature, Signatures
from .sounds import SoundEvent, Sounds, Speakers, SpeakerTurn
from .speech import SAMPLES_PER_MS, Audio, Cue, Speech, Transcript, Utterance, Word, Words
from .vectors import TextVector, Vectors
from .vision import Coverage, Detection, Faces, Objects, Sighting, Track

__all__ = [
    "RESULT_FILE",
    "SAMPLES_PER_MS",
    "Abstract",
    "AbstractSentence",
    "Audio",
    "AudioStream",
    "Box",
    "Calls",
    "Chapter",
    "ChapterTitle",
    "Chapters",
    "Coverage",
    "Cue",
    "CueSpan",
    "Detection",
    "Entities",
    "Faces",
    "Fetched",
    "FileName",
    "Frames",
    "Keyword",
    "Keywords",
    "Media",
    "Mention",
    "Nudity",
    "NuditySpan",
    "Objects",
    "Proxy",
    "Redacted",
    "SampledFrame",
    "ScreenText",
    "Shard",
    "Sharded",
    "Shot",
    "Shots",
    "Sighting",
    "Signature",
    "Signatures",
    "SoundEvent",
    "Sounds",
    "SpeakerTurn",
    "Speakers",
    "Speech",
    "SubtitleStream",
    "Summary",
    "SummarySentence",
    "TextSpan",
    "TextVector",
    "Track",
    "Transcript",
    "Transition",
    "Utterance",
    "Vectors",
    "VideoStream",
    "Word",
    "Words",
    "dump",
    "load",
    "parse",
]
