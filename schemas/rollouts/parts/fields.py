"""Take the fields of a JSON object one by one; what nobody takes is kept, in the source's own spelling.

Reading this way cannot lose a field by forgetting it: it lands in `extra`.
"""

import re
from typing import Annotated, TypeVar

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.parts.repeated_fields import repeated_field

T = TypeVar("T")

INT64_MAX = 2**63 - 1
FLOAT_EXACT = 2**53
"""Up to here a float tells every whole number from its neighbours."""
INTEGER_TEXT = re.compile(rb"-?\d{1,4000}")

TEXT = msgspec.json.Decoder(str)
FLAG = msgspec.json.Decoder(bool)
REAL = msgspec.json.Decoder(float)
INTEGER: msgspec.json.Decoder[int] = msgspec.json.Decoder(
    Annotated[int, msgspec.Meta(ge=-INT64_MAX, le=INT64_MAX)]
)
COUNT: msgspec.json.Decoder[int] = msgspec.json.Decoder(Annotated[int, msgspec.Meta(ge=0, le=INT64_MAX)])
ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NULL = b"null"


class Fields:
    """The fields of one JSON object that nobody has taken yet.

    A null field counts as absent.
    """

    def __init__(self, raw: bytes | msgspec.Raw, place: str) -> None:
        """Open one object.

        Args:
            raw: its JSON text.
            place: where it lies in the record, for messages: `$.traj[3]`.

        Raises:
            RecordFault: it is not an object, or says one name twice, of which one value would be lost.
        """
        self._place = place
        self._fields = _decode(_OBJECT, raw, place)
        repeated = repeated_field(raw, self._fields)
        if repeated is not None:
            raise self.fault(RejectReason.REPEATED_FIELD, f"{repeated!r} stands there twice.")

    @property
    def is_empty(self) -> bool:
        """True when nothing is left."""
        return not self._fields

    def take(self, name: str, kind: msgspec.json.Decoder[T]) -> T | None:
        """Take a field that must be of a kind when it is there.

        Raises:
            RecordFault: `unexpected_shape`.
        """
        raw = self.take_raw(name)
        if raw is None:
            return None
        value = _decode(kind, raw, f"{self._place}.{name}")
        self._keep_if_rounded(name, raw, value)
        return value

    def require(self, name: str, kind: msgspec.json.Decoder[T]) -> T:
        """Take a field that must be there.

        Raises:
            RecordFault: `missing_field` or `unexpected_shape`.
        """
        value = self.take(name, kind)
        if value is None:
            raise RecordFault(RejectReason.MISSING_FIELD, f"{self._place} has no {name!r}.")
        return value

    def take_if(self, name: str, kind: msgspec.json.Decoder[T]) -> T | None:
        """Take a field if it is of a kind; else leave it where it is, so that it ends in `extra`."""
        raw = self.take_raw(name)
        if raw is None:
            return None
        try:
            value = kind.decode(raw)
        except msgspec.ValidationError:
            self._fields[name] = msgspec.Raw(raw)
            return None
        self._keep_if_rounded(name, raw, value)
        return value

    def take_raw(self, name: str) -> bytes | None:
        """Take a field's exact JSON text; None when absent or null."""
        raw = self._fields.pop(name, None)
        text = _NULL if raw is None else bytes(raw)
        return None if text == _NULL else text

    def take_object(self, name: str) -> "Fields":
        """Take an object to read its fields; an absent one reads as empty.

        Raises:
            RecordFault: `unexpected_shape`.
        """
        return Fields(self.take_raw(name) or b"{}", f"{self._place}.{name}")

    def take_objects(self, name: str) -> "list[Fields]":
        """Take a list of objects to read their fields; an absent one reads as empty.

        Raises:
            RecordFault: `unexpected_shape`.
        """
        elements = self.take(name, ELEMENTS) or []
        return [Fields(raw, f"{self._place}.{name}[{index}]") for index, raw in enumerate(elements)]

    def put(self, name: str, text: str | None) -> None:
        """Put back what is left of a field that was taken, as JSON text; None puts nothing."""
        if text is not None:
            self._fields[name] = msgspec.Raw(text)

    def rest(self) -> str | None:
        """Write what was not taken as a JSON object, each value in its exact spelling; None when nothing is left.

        Examples:
            >>> fields = Fields(b'{"role": "user", "score": 1.50}', "$")
            >>> fields.take("role", TEXT)
            'user'
            >>> fields.rest()
            '{"score":1.50}'
        """
        return json_text(self._fields) if self._fields else None

    def _keep_if_rounded(self, name: str, raw: bytes, value: object) -> None:
        """Leave a whole number that a float only comes near to where it is, so that its digits end in `extra`."""
        if not isinstance(value, float) or abs(value) < FLOAT_EXACT:
            return
        if INTEGER_TEXT.fullmatch(raw) and int(raw) != int(value):
            self._fields[name] = msgspec.Raw(raw)

    def fault(self, reason: RejectReason, detail: str) -> RecordFault:
        """Make a fault that names this object's place."""
        return RecordFault(reason, f"{self._place}: {detail}")


def json_text(value: object) -> str:
    """Write a value as compact JSON."""
    return msgspec.json.encode(value).decode()


def _decode(kind: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw, place: str) -> T:
    try:
        return kind.decode(raw)
    except msgspec.ValidationError as exc:
        raise RecordFault(RejectReason.UNEXPECTED_SHAPE, f"{place}: {exc}.") from exc
