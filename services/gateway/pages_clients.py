"""Administration of departments' systems and the county's settings."""

from services.gateway.pages import Page

PAGES: tuple[Page, ...] = ()
