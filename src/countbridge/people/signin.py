"""Signing in with a password, slowly enough that guessing does not pay."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone

from countbridge.errors import NotAllowed
from countbridge.people.models import FailedSignIn, User

WINDOW = timedelta(minutes=5)
# Failures within the window: of one name from one address, of one name from anywhere, of one address with any name.
PER_PAIR, PER_NAME, PER_ADDRESS = 5, 20, 100


def sign_in(request: HttpRequest, username: str, password: str) -> User:
    """The person, if the password is right. NotAllowed `people.wrong_login` or `people.too_many_tries`."""
    address = request.META.get("REMOTE_ADDR") or "-"
    name = username[:150]
    _check_tries(name, address)
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        FailedSignIn.objects.create(username=name.lower(), address=address)
        raise NotAllowed("people.wrong_login")
    FailedSignIn.objects.filter(username=name.lower(), address=address).delete()
    return user


def _check_tries(name: str, address: str) -> None:
    since = timezone.now() - WINDOW
    FailedSignIn.objects.filter(at__lt=since).delete()
    tries = FailedSignIn.objects.filter(at__gte=since)
    of_name = tries.filter(username=name.lower())
    too_many = (
        of_name.filter(address=address).count() >= PER_PAIR
        or of_name.count() >= PER_NAME
        or tries.filter(address=address).count() >= PER_ADDRESS
    )
    if too_many:
        raise NotAllowed("people.too_many_tries", minutes=int(WINDOW.total_seconds() // 60))
