"""Worker clusters as the tests that start them see them: their processes, and how to wait for them."""

from collections.abc import Callable

import psutil
from django_q.status import Stat

from pipeline.fleet import Fleet
from pipeline.models import StageRun
from tests.patience import until
from tests.throwaway import alive, command_of
from videos.models import Video


def ended(video: Video) -> bool:
    video.refresh_from_db()
    return video.status not in {Video.Status.UPLOADED, Video.Status.PROCESSING}


def all_ended(videos: list[Video]) -> bool:
    return all(map(ended, videos))


def running() -> int:
    return StageRun.objects.filter(status="RUNNING").count()


def tend_until(fleet: Fleet, done: Callable[[], bool]) -> None:
    until(done, meanwhile=fleet.tend)


def first_processes() -> list[psutil.Process]:
    """Return the processes that `manage.py work` is, in the order of their start."""
    children = psutil.Process().children()
    return sorted((p for p in children if "work" in command_of(p)), key=lambda p: p.pid)


def first_process() -> psutil.Process | None:
    return next(iter(first_processes()), None)


def roles_of(parent: psutil.Process | None) -> Stat | None:
    """Return what a cluster says about its processes, once all of them are there."""
    told = [s for s in Stat.get_all() if parent and s.pid == parent.pid]
    return next((s for s in told if all(map(_runs, [s.monitor, s.pusher, *s.workers]))), None)


def known_roles(parent: psutil.Process | None = None) -> Stat:
    """Return them as soon as the cluster tells: who asks at the wrong moment is told nothing."""
    return until(lambda: roles_of(parent or first_process()))


def pid_of(roles: Stat, role: str) -> int:
    pids = {"parent": roles.pid, "worker": roles.workers[0]}
    return int(pids.get(role) or getattr(roles, role))


def members() -> tuple[int, ...]:
    roles = known_roles()
    return (roles.pid, roles.sentinel, roles.monitor, roles.pusher, *sorted(roles.workers))


def family_of(parent: psutil.Process | None) -> list[psutil.Process]:
    """Return the cluster's processes, the stages' included."""
    try:
        return [parent, *parent.children(recursive=True)] if parent else []
    except psutil.NoSuchProcess:  # its parent ended, and the kernel ends the rest
        return []


def _runs(pid: int) -> bool:
    try:
        return pid != 0 and alive(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False
