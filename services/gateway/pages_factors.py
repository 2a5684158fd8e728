"""The second factor and passkeys."""

from services.gateway.pages import Page

PAGES: tuple[Page, ...] = ()
