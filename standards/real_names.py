"""Real-name levels (实名等级) of provinces and of other providers, mapped to ours.

No national standard numbers the levels: each province's identity platform has its own names for them, and publishes them to those it
connects only. The tables here are therefore examples of configuration by the form such names take; which one a province uses,
and what its levels mean, is for its operator to check, or to replace by a table of his own (`read_table`).
What a level of ours means is in `yiwang.access.v1.IdentityLevel`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from yiwang.access.v1 import access_pb2

NONE = access_pb2.IDENTITY_LEVEL_NONE
WEAK = access_pb2.IDENTITY_LEVEL_WEAK
MEDIUM = access_pb2.IDENTITY_LEVEL_MEDIUM
STRONG = access_pb2.IDENTITY_LEVEL_STRONG
IN_PERSON = access_pb2.IDENTITY_LEVEL_IN_PERSON

LEVELS: Mapping[str, int] = MappingProxyType(
    {"NONE": NONE, "WEAK": WEAK, "MEDIUM": MEDIUM, "STRONG": STRONG, "IN_PERSON": IN_PERSON}
)
"""Our levels by name, lowest first."""

WORDS: Mapping[int, str] = MappingProxyType(
    {
        NONE: "未实名",
        WEAK: "手机核验",
        MEDIUM: "姓名与身份证号码核验",
        STRONG: "人脸或银行卡核验",
        IN_PERSON: "现场核验",
    }
)
"""What a level is called towards people."""

PROFILES: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        # Our own names: another installation of this suite.
        "generic": LEVELS,
        # Example: letters and a number. Whether the lowest is L0 or L1 differs; neither is confirmed for any province.
        "lettered": {"L0": NONE, "L1": WEAK, "L2": MEDIUM, "L3": STRONG, "L4": IN_PERSON},
        # Example: a bare number, as the exchange field for the level of users (`user_real_lvl`) takes one.
        "numbered": {"0": NONE, "1": WEAK, "2": MEDIUM, "3": STRONG, "4": IN_PERSON},
        # Example: words. 初级 is name and number, 高级 a face or a bank card.
        "worded": {"未实名": NONE, "初级实名": MEDIUM, "中级实名": MEDIUM, "高级实名": STRONG, "现场实名": IN_PERSON},
        # Example: a provider that only says whether (GB/T 39046-2020, table 12: 是否实名). Yes is name and number, no more.
        "whether": {"0": NONE, "1": MEDIUM, "false": NONE, "true": MEDIUM, "否": NONE, "是": MEDIUM},
    }
)
"""Tables by the name of a profile: the provider's value, as text, to our level."""


def level_of(profile: str | Mapping[str, int], value: object) -> int:
    """Our level for a provider's value, by a profile's name or by a table. NONE for a value the table does not have: what is not
    understood proves nothing. LookupError for a profile nobody knows."""
    if isinstance(profile, str):
        if profile not in PROFILES:
            raise LookupError(f"no profile of real-name levels is called {profile}")
        profile = PROFILES[profile]
    text = str(value).lower() if isinstance(value, bool) else str(value).strip()
    return profile.get(text, NONE)


def read_table(names: Mapping[str, str]) -> dict[str, int]:
    """A table of configuration, `{"the provider's value": "MEDIUM", …}`, as `level_of` takes it; ValueError names what is no level."""
    unknown = sorted({str(level) for level in names.values()} - LEVELS.keys())
    if unknown:
        raise ValueError(f"no real-name level: {', '.join(unknown)}; there are {', '.join(LEVELS)}")
    return {str(value): LEVELS[level] for value, level in names.items()}
