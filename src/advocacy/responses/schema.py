"""The three canonical tables: what each column means, holds and allows.

One entry here is all that a new canonical column needs: the crosswalk, the checks, the
codebook and the readers of canonical CSV and Parquet files follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """Type of a canonical column; the value is its DuckDB type."""

    TEXT = "VARCHAR"
    INTEGER = "INTEGER"
    NUMBER = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"


@dataclass(frozen=True)
class Column:
    """One canonical column.

    Parameters
    ----------
    name
        Its name in every table, file and command.
    type
        What its values are.
    meaning
        One sentence for the codebook.
    unit
        Unit of its values, for numbers.
    levels
        The values allowed, each with its label; empty where any value is allowed.
    minimum, maximum
        Inclusive limits of its values; ``None`` where there is none.
    positive
        Zero and below are not allowed.
    pattern, form
        Regular expression that the whole of a text must match, and what it asks for in words.
    metric
        The metric of customer experience that its question belongs to, one of `METRICS`;
        empty where it belongs to none.
    rejects
        A value that cannot be placed rejects its row: the column is the intent, the behaviour or
        the design that a rate is made of, or the kind of evidence. In any other column such a value is missing.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    levels: tuple[tuple[str, str], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    positive: bool = False
    pattern: str = ""
    form: str = ""
    metric: str = ""
    rejects: bool = False

    def allowed(self) -> str:
        """Say in words which values are allowed; empty where any is."""
        if self.levels:
            return ", ".join(level for level, _ in self.levels)
        if self.positive:
            return "above 0"
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum:g} to {self.maximum:g}"
        if self.minimum is not None:
            return f"{self.minimum:g} or more"
        return self.form


SECTORS = (("B2B", "business customers"), ("B2C", "consumers"))

# Sections of the statistical classification of economic activities in the EU,
# Commission Delegated Regulation (EU) 2023/137 (NACE Rev. 2.1).
INDUSTRIES = (
    ("A", "Agriculture, forestry and fishing"),
    ("B", "Mining and quarrying"),
    ("C", "Manufacturing"),
    ("D", "Electricity, gas and steam supply"),
    ("E", "Water supply, sewerage and waste"),
    ("F", "Construction"),
    ("G", "Wholesale and retail trade"),
    ("H", "Transportation and storage"),
    ("I", "Accommodation and food service"),
    ("J", "Publishing, broadcasting and content"),
    ("K", "Telecommunication and IT services"),
    ("L", "Financial and insurance activities"),
    ("M", "Real estate activities"),
    ("N", "Professional and technical activities"),
    ("O", "Administrative and support services"),
    ("P", "Public administration and defence"),
    ("Q", "Education"),
    ("R", "Health and social work"),
    ("S", "Arts, sports and recreation"),
    ("T", "Other service activities"),
    ("U", "Households as employers"),
    ("V", "Extraterritorial organisations"),
)

SOURCE_KINDS = (
    ("collected", "answers of real customers"),
    ("published", "figures read from a publication"),
    ("simulated", "made by the simulator from a known truth; never a finding"),
)

_STATUS = (("current", "is a customer"), ("lapsed", "was a customer"))
CUSTOMER_STATUSES = tuple(name for name, _ in _STATUS)


# The metrics that customer surveys ask for, each with what it is.
METRICS = (
    ("NPS", "likelihood to recommend, 0-10"),
    ("CSAT", "overall satisfaction"),
    ("CES", "ease of dealing with the supplier"),
    ("brand promise", "whether the customer got what the brand promises"),
)


def _driver(name: str, metric: str, meaning: str) -> Column:
    kept = f"{meaning} Kept as given; its scale is in the codebook."
    return Column(name, Type.NUMBER, kept, metric=metric)


# fmt: off
# What a search of records found, in the file of the ratings or in one of its own.
_VERIFIED = (
    Column("verification_checked", Type.BOOLEAN, "Records of referrals were searched for this respondent.", rejects=True),
    Column("verified_recommended_on", Type.DATE, "Date of the recommendation found in the records.", rejects=True),
)
RESPONSES: tuple[Column, ...] = (
    # who
    Column("rating_id", Type.TEXT, "One rating: a respondent's answer about one supplier at one interview."),
    Column("respondent_id", Type.TEXT, "The person who answered."),
    Column("supplier", Type.TEXT, "The company that is rated."),
    Column("account", Type.TEXT, "The respondent's organisation (B2B)."),
    Column("programme", Type.TEXT, "One survey of one supplier."),
    Column("sector", Type.TEXT, "Whether the customers are businesses or consumers.", levels=SECTORS),
    Column("industry", Type.TEXT, "The supplier's industry, NACE Rev. 2.1 section or finer code.",
           pattern=r"[A-V]([0-9]{2}(\.[0-9]{1,2})?)?",
           form="a section of NACE Rev. 2.1 such as C, or a finer code such as C10.1"),
    Column("country", Type.TEXT, "The customer's country, ISO 3166-1 alpha-2.", pattern="[A-Z]{2}",
           form="a country's code of two letters such as NO"),
    Column("customer_status", Type.TEXT, "Whether the respondent still is a customer.", levels=_STATUS),
    # when and where
    Column("interviewed_on", Type.DATE, "Date of the interview."),
    Column("wave", Type.TEXT, "The round of the programme, as the supplier names it."),
    Column("channel", Type.TEXT, "How the interview was held."),
    Column("journey_stage", Type.TEXT, "Where on the customer's journey the interview was held."),
    Column("touchpoint", Type.TEXT, "The contact that the interview follows."),
    Column("days_since_event", Type.INTEGER, "Time from the contact to the interview.", unit="days", minimum=0),
    Column("interview_seconds", Type.NUMBER, "How long the interview took.", unit="seconds", minimum=0),
    # what
    Column("score", Type.INTEGER, "Likelihood to recommend: the intent.", unit="points on 0-10", minimum=0, maximum=10, metric="NPS", rejects=True),
    Column("recommended_past_12m", Type.BOOLEAN, "Says that they recommended the supplier in the 12 months before the interview.", rejects=True),
    Column("recommendations_past_12m", Type.INTEGER, "How many recommendations they made in those 12 months.", unit="recommendations", minimum=0, rejects=True),
    Column("months_since_recommended", Type.NUMBER, "Time from the latest recommendation to the interview.", unit="months", minimum=0, rejects=True),
    Column("discouraged_past_12m", Type.BOOLEAN, "Says that they advised someone against the supplier in those 12 months.", rejects=True),
    Column("opportunity", Type.BOOLEAN, "Says that there was an occasion to recommend in those 12 months.", rejects=True),
    _driver("satisfaction", "CSAT", "Overall satisfaction."),
    _driver("ease", "CES", "How easy the supplier is to deal with."),
    _driver("consistency", "brand promise", "Whether the journey hangs together."),
    _driver("resolution", "brand promise", "How well problems are solved."),
    _driver("channel_ease", "brand promise", "How easy it is to move between channels."),
    _driver("relationship", "brand promise", "Quality of the relationship with the supplier."),
    _driver("advice", "brand promise", "Quality of advice (B2B)."),
    _driver("business_value", "brand promise", "Value to the respondent's business (B2B)."),
    Column("wow_moments", Type.INTEGER, "Experiences beyond what was expected.", unit="moments", minimum=0),
    *_VERIFIED,
    # design
    Column("weight", Type.NUMBER, "Population units that the rating stands for; with 0 it does not count.", unit="population units", minimum=0, rejects=True),
    Column("stratum", Type.TEXT, "Stratum of the sample design.", rejects=True),
    Column("psu", Type.TEXT, "Primary sampling unit.", rejects=True),
    Column("fpc", Type.NUMBER, "Primary sampling units in the stratum's population.", unit="PSUs", positive=True, rejects=True),
    Column("ssu", Type.TEXT, "Secondary sampling unit.", rejects=True),
    Column("fpc_ssu", Type.NUMBER, "Secondary units in the PSU's population.", unit="units", positive=True, rejects=True),
    # provenance, written by the import
    Column("source_kind", Type.TEXT, "Kind of evidence.", levels=SOURCE_KINDS, rejects=True),
    Column("excluded", Type.TEXT, "Why the rating does not count; missing where it does."),
)

CONTACTS: tuple[Column, ...] = (
    Column("contact_id", Type.TEXT, "One invitation."),
    Column("rating_id", Type.TEXT, "The rating that came of it; missing for nonrespondents."),
    Column("respondent_id", Type.TEXT, "The person who was invited."),
    Column("supplier", Type.TEXT, "The company that the invitation asks about."),
    Column("account", Type.TEXT, "The organisation of who was invited (B2B)."),
    Column("programme", Type.TEXT, "The survey that the invitation belongs to."),
    Column("invited_on", Type.DATE, "Date of the invitation."),
    Column("disposition", Type.TEXT, "What became of it, as AAPOR final disposition code.",
           pattern=r"[1-4](\.[0-9]{1,4})?",
           form="an AAPOR final disposition code, such as 1.1 (complete), 1.2 (partial), 2.11 (refusal), 2.2 (no contact) or 3.3 (came back undelivered)"),
)

FOLLOWUPS: tuple[Column, ...] = (
    Column("rating_id", Type.TEXT, "The rating that is followed up."),
    Column("wave", Type.TEXT, "The round of the follow-up, such as 3 months; no respondent answers twice in one."),
    Column("followed_up_on", Type.DATE, "Date of the follow-up interview."),
    Column("recommended_since", Type.BOOLEAN, "Says that they recommended the supplier since the rating.", rejects=True),
    Column("first_recommended_on", Type.DATE, "Date of the first recommendation since the rating.", rejects=True),
    Column("not_recommended_until", Type.DATE, "Date of the last follow-up interview by which they had not recommended.", rejects=True),
    Column("recommended_by", Type.DATE, "Date of the first follow-up interview by which they had recommended.", rejects=True),
    Column("churned_on", Type.DATE, "Date on which they ceased to be a customer."),
    *_VERIFIED,
)
# fmt: on

TABLES = {"responses": RESPONSES, "contacts": CONTACTS, "followups": FOLLOWUPS}
_RATED = {column.name for column in RESPONSES}
# What a rating has of its follow-ups: a panel file holds both in one row, and the import of files
# of follow-ups writes them on the ratings that these belong to.
FOLLOWED_UP = tuple(column for column in FOLLOWUPS if column.name not in _RATED)
COLUMNS = {column.name: column for column in (*RESPONSES, *FOLLOWED_UP)}
# What a file of follow-ups says of a rating where it is one of a search of records.
RECORDED = tuple(column.name for column in _VERIFIED)
_INVITED = {column.name: column for column in CONTACTS if column.name not in COLUMNS}
# What says whose an interview or an invitation is.
IDENTITY = ("rating_id", "respondent_id", "supplier", "account")
# What only several follow-ups together can say of a rating.
_OF_SEVERAL = ("not_recommended_until", "recommended_by")
_FILLED = {
    "responses": frozenset(COLUMNS),
    "followups": {*IDENTITY, *(c.name for c in FOLLOWUPS)}.difference(_OF_SEVERAL),
    "contacts": frozenset(column.name for column in CONTACTS),
}
REPLICATE_PREFIX = "repweight_"
# What a file has of its own to cut by, under a name of its own: `segment_region`.
SEGMENT_PREFIX = "segment_"
_OWN_SEGMENT = re.compile(rf"{SEGMENT_PREFIX}[a-z][a-z0-9_]{{0,39}}")


def find_column(name: str) -> Column | None:
    """Return the column that a file of any of the tables may have under this name, or ``None``.

    Replicate weights count, and so do segments of the file's own.
    """
    if _OWN_SEGMENT.fullmatch(name):
        return Column(name, Type.TEXT, "A segment of the file's own.")
    if name.startswith(REPLICATE_PREFIX):
        return Column(
            name,
            Type.NUMBER,
            "Replicate weight.",
            unit="population units",
            minimum=0,
            rejects=True,
        )
    return COLUMNS.get(name) or _INVITED.get(name)


def is_own_segment(name: str) -> bool:
    """Tell whether a name is one of a segment of a file's own, such as ``segment_region``."""
    return _OWN_SEGMENT.fullmatch(name) is not None


def fills(name: str, table: str) -> bool:
    """Tell whether a file of a table, one of `TABLES`, may fill a column.

    One of ratings may fill those of a follow-up and replicate weights; one of ratings or of contacts
    segments of its own. One of follow-ups or contacts says whose they are, which is how they are
    linked to the ratings.
    """
    if is_own_segment(name):
        return table != "followups"
    return (table == "responses" and name.startswith(REPLICATE_PREFIX)) or name in _FILLED[table]


def codebook(columns: Iterable[Column]) -> str:
    """Return the codebook of a table as a Markdown table, a row a column."""
    lines = ["| column | meaning | type | allowed | metric |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{c.name}` | {c.meaning} | {c.type.name.lower()} | "
        f"{', '.join(filter(None, (c.allowed(), c.unit)))} | {c.metric} |"
        for c in columns
    ]
    return "\n".join(lines) + "\n"
