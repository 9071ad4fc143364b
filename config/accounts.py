"""How practitioners sign in: django-allauth, with sign-up closed and second factors sealed."""

import base64
import uuid

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from practice import sealing

LABEL = "mfa.authenticator"
FIELD = "secret"
# allauth gives its hook the secret alone, before there is a row to bind it to.
NO_ROW = uuid.UUID(int=0)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Accounts are made by `manage.py create_practice`, never by a visitor."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Seals TOTP secrets and recovery seeds, which allauth would store readable."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(sealing.seal(text, label=LABEL, row=NO_ROW, field=FIELD)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        sealed = base64.b64decode(encrypted_text)
        return sealing.unseal(sealed, label=LABEL, row=NO_ROW, field=FIELD)
