"""SsoService over gRPC."""

from functools import cached_property
from typing import TYPE_CHECKING

import orjson

from chassis.parts import Parts
from chassis.rpc import Call
from services.identity import model_sso, store_sso, views_sso
from services.identity.keys import SigningKeys
from services.identity.opening import Opening
from services.identity.upstreams import Upstreams
from yiwang.identity.v1 import service_pb2
from yiwang.identity.v1 import sso_pb2 as pb

if TYPE_CHECKING:  # authlib costs memory an api without clients does not need
    from services.identity.oauth import Provider


class SsoApi:
    """The methods of yiwang.identity.v1.SsoService, by name."""

    def __init__(self, parts: Parts, opening: Opening, rsa: SigningKeys) -> None:
        self.parts = parts
        self.opening = opening
        self.rsa = rsa
        self.consents = store_sso.consents(parts.database)
        self.upstreams = Upstreams(parts, opening)

    @cached_property
    def provider(self) -> "Provider":
        """The OpenID Connect provider."""
        from services.identity.oauth import Provider

        return Provider(self.parts, self.opening, self.rsa)

    def GetProviderConfiguration(
        self, request: pb.GetProviderConfigurationRequest, call: Call
    ) -> pb.GetProviderConfigurationResponse:
        from services.identity import oauth_discovery

        sessions = self.provider.sessions
        return pb.GetProviderConfigurationResponse(
            configuration_json=orjson.dumps(oauth_discovery.configuration(sessions)).decode(),
            jwks_json=orjson.dumps(oauth_discovery.jwks(sessions)).decode(),
        )

    def CheckAuthorization(self, request: pb.CheckAuthorizationRequest, call: Call) -> pb.CheckAuthorizationResponse:
        return self.provider.check(request, call)

    def Authorize(self, request: pb.AuthorizeRequest, call: Call) -> pb.AuthorizeResponse:
        return self.provider.authorize(request, call)

    def ExchangeToken(self, request: pb.ExchangeTokenRequest, call: Call) -> pb.HttpAnswer:
        return self.provider.exchange(request, call)

    def GetUserInfo(self, request: pb.GetUserInfoRequest, call: Call) -> pb.HttpAnswer:
        from services.identity import oauth_discovery

        return oauth_discovery.userinfo(self.parts, self.provider.sessions, request.access_token)

    def EndAuthorization(self, request: pb.EndAuthorizationRequest, call: Call) -> pb.EndAuthorizationResponse:
        return self.provider.end(request, call)

    def ListConsents(self, request: pb.ListConsentsRequest, call: Call) -> pb.ListConsentsResponse:
        found = store_sso.consents_of(self.parts.database, call.actor.principal)
        return pb.ListConsentsResponse(consents=[views_sso.consent(self.parts, one) for one in found])

    def RevokeConsent(self, request: pb.RevokeConsentRequest, call: Call) -> pb.RevokeConsentResponse:
        id = store_sso.consent_id(call.actor.principal, request.client_id)
        self.consents.change(id, call.cause, model_sso.revoke)
        return pb.RevokeConsentResponse()

    def ListUpstreams(self, request: pb.ListUpstreamsRequest, call: Call) -> pb.ListUpstreamsResponse:
        return pb.ListUpstreamsResponse(upstreams=self.upstreams.listed())

    def BeginUpstream(self, request: pb.BeginUpstreamRequest, call: Call) -> pb.BeginUpstreamResponse:
        return self.upstreams.begin(request.code)

    def FinishUpstream(self, request: pb.FinishUpstreamRequest, call: Call) -> service_pb2.Session:
        return self.upstreams.finish(request, call)
