"""The desk of an agent: whom he may help, and acting for them."""

from services.gateway.pages import Page

PAGES: tuple[Page, ...] = ()
