"""Names of speakers."""

from videos.models import Speaker


def speaker_rename(*, speaker: Speaker, name: str) -> Speaker:
    """Name a speaker; an empty name takes it back. Raises `Speaker.DoesNotExist`.

    A run may end meanwhile that finds the speaker no more.
    """
    if not Speaker.objects.filter(pk=speaker.pk).update(name=name):
        raise Speaker.DoesNotExist
    speaker.name = name
    return speaker
