"""My account: who I am, what I prove myself with, who acts for me and who saw my data."""

from services.gateway.pages import Page

PAGES: tuple[Page, ...] = ()
