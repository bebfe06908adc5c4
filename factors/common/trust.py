"""Whose a file is: what runs as code, or is written over, must lie where no other user can change it."""

from __future__ import annotations

import os
import stat
import sys
from functools import lru_cache
from pathlib import Path

if sys.platform != "win32":
    import grp
    import pwd

WRITABLE = stat.S_IWGRP | stat.S_IWOTH
"""Writable by group or others; an access control list that grants more shows in the group's bit."""
MOST_LINKS = 40
"""Links on the way to a file, beyond which it counts as a circle."""


class UntrustedError(OSError):
    """A file or folder that another user may have changed; the message says why."""


def check_own(about: os.stat_result, what: str) -> None:
    """Refuse an opened file or folder that is not the effective user's, or that others may write.

    Raises
    ------
    UntrustedError
        If it is one of these.
    """
    if os.name != "posix":
        return  # a Windows profile is its user's
    if about.st_uid != os.geteuid():
        raise UntrustedError(f"{what} belongs to user {about.st_uid}, not to user {os.geteuid()}")
    if about.st_mode & WRITABLE:
        raise UntrustedError(f"{what} is writable by other users (mode {stat.S_IMODE(about.st_mode):o})")


def check_way(path: Path) -> None:
    """Refuse a path that another user can lead elsewhere: every folder and link on it is looked at, as far as it goes.

    Each must be the effective user's or root's, and no folder writable by others, unless it is sticky as ``/tmp`` is:
    there everyone renames and removes his own only.

    Raises
    ------
    UntrustedError
        If one of them is not so, or cannot be looked at.
    """
    if os.name != "posix":
        return
    here, links = "/", 0
    _check_step(here)
    left = list(reversed(path.absolute().parts[1:]))
    while left:
        part = left.pop()
        at = os.path.join(here, part)
        if part == "..":
            here = os.path.dirname(here)
            continue
        try:
            linked = _check_step(at)
        except UntrustedError:
            raise
        except FileNotFoundError:
            return  # whoever makes it makes it in a folder that was looked at
        except OSError as error:
            raise UntrustedError(f"{at} cannot be looked at: {error.strerror}") from None
        if not linked:
            here = at
            continue
        links += 1
        if links > MOST_LINKS:
            raise UntrustedError(f"{path} leads through more than {MOST_LINKS} links")
        target = Path(os.readlink(at))
        here = "/" if target.is_absolute() else here
        left += reversed(target.parts[1:] if target.is_absolute() else target.parts)


def _check_step(at: str) -> bool:
    """Look at one folder or link of a path; return whether it is a link."""
    about = os.lstat(at)
    user = os.geteuid()
    if about.st_uid not in _owners(user):
        raise UntrustedError(f"{at} belongs to user {about.st_uid}, not to user {user} or root")
    if stat.S_ISLNK(about.st_mode):
        return True  # the mode of a link says nothing
    open_to = about.st_mode & WRITABLE
    if open_to == stat.S_IWGRP and _is_alone(user, about.st_gid):
        open_to = 0
    if open_to and not about.st_mode & stat.S_ISVTX:
        raise UntrustedError(f"{at} is writable by other users (mode {stat.S_IMODE(about.st_mode):o})")
    return False


@lru_cache
def _owners(user: int) -> set[int]:
    """Return whose folders lead to one's own: root's and the user's own; in a container without root, nobody's."""
    owners = {0, user}
    try:
        unmapped = int(Path("/proc/sys/kernel/overflowuid").read_text())
        ranges = [list(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    except (OSError, ValueError):
        return owners
    if not any(first <= unmapped < first + number for first, _, number in ranges):
        owners.add(unmapped)  # the root outside, whom the container has no number for
    return owners


@lru_cache
def _is_alone(user: int, group: int) -> bool:
    """Whether a group is the user's private one, as some systems make for everyone."""
    if sys.platform == "win32":
        return False
    try:
        own, members = pwd.getpwuid(user), grp.getgrgid(group)
    except KeyError:
        return False
    return own.pw_gid == group and members.gr_name == own.pw_name and set(members.gr_mem) <= {own.pw_name}
