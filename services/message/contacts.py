"""Addresses, asked of identity for a purpose; kept nowhere."""

import time
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import grpc

from chassis import tokens
from chassis.outside import Away
from services.message.model_texts import EMAIL, LETTER, PUSH, SMS
from yiwang.identity.v1 import contacts_pb2 as pb
from yiwang.identity.v1 import contacts_pb2_grpc

FOUND, NONE, GONE = pb.CONTACT_STATUS_FOUND, pb.CONTACT_STATUS_NONE, pb.CONTACT_STATUS_GONE
CHANNELS: Final[Mapping[int, pb.ContactChannel.ValueType]] = {
    SMS: pb.CONTACT_CHANNEL_SMS,
    EMAIL: pb.CONTACT_CHANNEL_EMAIL,
    PUSH: pb.CONTACT_CHANNEL_PUSH,
    LETTER: pb.CONTACT_CHANNEL_LETTER,
}
SECONDS, FRESH_SECONDS = 10.0, 30.0


class Wanted(NamedTuple):
    """Whose address is wanted, what for, and the case it is about."""

    principal: str
    for_id: str
    case_number: str


class Contact(NamedTuple):
    """FOUND with an address, NONE or GONE."""

    status: int
    address: str
    name: str


class Contacts:
    """Identity, asked in the name of this service."""

    def __init__(self, address: str, secret: str) -> None:
        self._stub = contacts_pb2_grpc.ContactServiceStub(grpc.insecure_channel(address))
        self._secret = secret
        self._token, self._until = "", 0.0

    def look_up(self, channel: int, purpose: str, wanted: Sequence[Wanted]) -> list[Contact]:
        """The contacts, in order. Away while identity gives no answer."""
        recipients = [pb.ContactWanted(**one._asdict()) for one in wanted]
        request = pb.LookUpContactsRequest(
            channel=CHANNELS[channel],
            purpose=purpose,
            recipients=recipients,
        )
        try:
            found = self._stub.LookUpContacts(request, timeout=SECONDS, metadata=(("authorization", self._bearer()),))
        except grpc.RpcError as error:
            raise Away(f"identity {error.code().name}") from None
        if len(found.contacts) != len(wanted):
            raise Away("identity answers of others than it was asked for")
        return [Contact(one.status, one.address, one.name) for one in found.contacts]

    def _bearer(self) -> str:
        if time.monotonic() > self._until:
            self._token, self._until = tokens.service_token("message", self._secret), time.monotonic() + FRESH_SECONDS
        return f"Bearer {self._token}"
