"""Administration of departments, officers, windows and devices."""

from services.gateway.pages import Page

PAGES: tuple[Page, ...] = ()
