"""The documents to sign, and the name typed under them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext

from intake.domain.answers import InvalidAnswer, Raw, checked
from intake.forms.fields import Text
from intake.forms.words import problem
from intake.queries.standings import Standing


class AgreementsForm(forms.Form):
    """The documents, and the name typed under them."""

    use_required_attribute = False

    def __init__(self, own: Standing, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data=data, label_suffix="")
        self.own = own
        for document in own.documents:
            consent = document.consent
            before = own.signature_under(document)
            if consent.required:
                self.fields[consent.key] = forms.BooleanField(
                    label=document.agree,
                    required=False,
                    initial=before is not None and before.accepted,
                )
            else:
                self.fields[consent.key] = forms.ChoiceField(
                    label=document.title,
                    required=False,
                    choices=[("yes", document.agree), ("no", document.decline)],
                    widget=forms.RadioSelect,
                    initial=("yes" if before.accepted else "no") if before else None,
                )
            self.fields[f"{consent.key}-shown"] = forms.CharField(
                required=False, widget=forms.HiddenInput, initial=document.text_hash.hex()
            )
        question = own.form.question("cn_sign")
        if question is None:  # every form ends with the agreements
            raise LookupError("cn_sign")
        name = Text(
            label=gettext(question.label),
            help_text=gettext(question.help),
            required=True,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )
        name.visibility = question.tier.value
        self.fields[question.key] = name
        self._sign = question

    def clean(self) -> dict[str, Any]:
        """Every required document agreed to, and a name."""
        cleaned = super().clean() or {}
        for document in self.own.documents:
            key = document.consent.key
            if document.consent.required and not cleaned.get(key):
                self.add_error(
                    key,
                    gettext(
                        "Without this agreement we cannot meet. If something in it troubles you, "
                        "write to us before you sign."
                    ),
                )
        try:
            name = checked(self._sign, Raw(text=str(cleaned.get("cn_sign") or "")))
        except InvalidAnswer as error:
            self.add_error("cn_sign", problem(error))
        else:
            if name is None:
                self.add_error("cn_sign", gettext("Please type your legal name to sign."))
        return cleaned

    @property
    def items(self) -> Iterator[dict[str, Any]]:
        """Each document with its field and, if it is signed, the signature."""
        for document in self.own.documents:
            key = document.consent.key
            signature = self.own.signature_under(document)
            yield {
                "document": document,
                "field": self[key],
                "shown": self[f"{key}-shown"],
                "signature": signature,
                # What they signed before reads otherwise: it is there for them to compare.
                "earlier": None if signature else self.own.signatures.get(key),
            }

    @property
    def agreed(self) -> dict[str, bool]:
        """What was decided: a document that may be declined and was left open is not signed."""
        found = {}
        for document in self.own.documents:
            key = document.consent.key
            sent = self.cleaned_data.get(key)
            if document.consent.required:
                found[key] = bool(sent)
            elif sent in ("yes", "no"):
                found[key] = sent == "yes"
        return found

    @property
    def shown(self) -> dict[str, str]:
        """The hashes of the texts that the page showed."""
        return {
            d.consent.key: str(self.cleaned_data.get(f"{d.consent.key}-shown") or "")
            for d in self.own.documents
        }

    def with_new_texts(self, keys: Sequence[str]) -> "AgreementsForm":
        """The same, ready to be sent again, with a word beside each text that has changed."""
        data = QueryDict(mutable=True)
        for name, values in self.data.items():
            data[name] = values
        for document in self.own.documents:
            if document.consent.key in keys:
                data[f"{document.consent.key}-shown"] = document.text_hash.hex()
                data.pop(document.consent.key, None)
        form = AgreementsForm(self.own, data)
        form.is_valid()
        for key in keys:
            form.errors.pop(key, None)
            form.add_error(key, gettext("This text has changed meanwhile. Please read it again."))
        return form
