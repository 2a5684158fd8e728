"""What a file is that people hand in, told by its content (standards/content.py), and how it is refused. Pure."""

from chassis.errors import Violation, invalid
from standards import content as contents
from standards.content_signs import ContentRefused

MOST_BYTES = 10 * 1024 * 1024


def inspect(content: bytes, filename: str) -> str:
    """The media type of a file: PDF, JPEG, PNG, OFD or DOCX.

    Raises INVALID_ARGUMENT that names `filename` (FILENAME) and `content`: ATTACHMENT_EMPTY, ATTACHMENT_SIZE (10 MiB), ATTACHMENT_TYPE,
    ATTACHMENT_POLYGLOT, ATTACHMENT_BOMB, ATTACHMENT_ACTIVE, ATTACHMENT_BROKEN, as `standards.content.media_type` has them.
    """
    fault = contents.name_fault(filename)
    found = [Violation("filename", "FILENAME", fault)] if fault else []
    try:
        kind = contents.media_type(content, MOST_BYTES)
    except ContentRefused as refused:
        raise invalid(*found, Violation("content", f"ATTACHMENT_{refused.reason}", refused.message)) from None
    if found:
        raise invalid(*found)
    return kind
