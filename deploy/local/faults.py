"""The one exception of this package that is meant for the person at the keyboard."""


class LocalFault(Exception):
    """Something on this machine is in the way; the message is one clear sentence and says what to do."""
