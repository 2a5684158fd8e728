"""Organisations: claiming one, its handlers, acting for it."""

from services.gateway.pages import Page

PAGES: tuple[Page, ...] = ()
