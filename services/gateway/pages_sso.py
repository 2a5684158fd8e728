"""Single sign-on: the addresses of OpenID Connect, the consent page, and sign-in with an upstream provider."""

from services.gateway.pages import Page

PAGES: tuple[Page, ...] = ()
