"""Behaviour asked otherwise than by yes or no: how often, or with several answers.

One yes of a set of variables is enough. The file declares the set, or its variables tell: they
stand together and share the words of their question. In a dichotomy each variable is an answer,
chosen or not; in a category set each variable holds the code of a chosen answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from advocacy.responses.labelled import written_code
from advocacy.responses.proposal.follow_up.periods import since_interview
from advocacy.responses.proposal.levels import Kind, Level, Profile, ProfiledFile
from advocacy.responses.proposal.wordings import answer, cue, fold, item, times

BEHAVIOUR, COUNTED = "recommended_past_12m", "recommendations_past_12m"
_FEWEST = 2  # variables of a set, and words that they share


@dataclass(frozen=True)
class Answer:
    """One value of a variable of the set.

    Parameters
    ----------
    text
        The answer, in the file's words.
    says
        What it says of recommending: yes, no or missing.
    """

    name: str
    value: str
    text: str
    says: str


@dataclass(frozen=True)
class AnswerSet:
    """Variables that together hold whether somebody recommended.

    Parameters
    ----------
    question
        The words that they share.
    names
        The variables, in the file's order.
    answers
        The values that say something; others say nothing.
    sure
        Whether each yes is an answer that we know to be of somebody whom one recommends to.
    asked
        Whether who did not recommend is told from who was not asked.
    """

    question: str
    names: tuple[str, ...]
    answers: tuple[Answer, ...]
    sure: bool
    asked: bool

    @property
    def asks_for_several(self) -> bool:
        """Whether it is one question: several answers are a yes, or one is for none of them.

        Else a question stands beside others that begin alike.
        """
        yes = {answer.text for answer in self.answers if answer.says == "yes"}
        return len(yes) > 1 or any(item(answer.text, "none") for answer in self.answers)


def frequency(profile: Profile) -> dict[str, str]:
    """Return what `times` says of each value that the file does not declare missing.

    Empty where the answers are no frequencies: nobody says never or nobody says more, more than
    one answer is neither, or they are plain numbers or yes and no.
    """
    levels = [step for step in profile.levels if not step.declared_missing]
    texts = [step.label or step.value for step in levels]
    words = [s for s in levels if (s.label and not s.label.isdigit()) or s.number is None]
    if not profile.listed or not words or {"yes", "no"} <= {answer(text) for text in texts}:
        return {}
    if "never" not in map(times, texts):
        return {}
    said = {step.value: times(step.label or step.value, True) for step in levels}
    labelled = [step.number for step in levels if step.label and step.number is not None]
    said |= {step.value: "" for step in levels if not step.label and _apart(step, labelled)}
    kinds = list(said.values())
    return said if {"never", "some"} <= set(kinds) and kinds.count("") <= 1 else {}


def _apart(step: Level, labelled: list[float]) -> bool:
    """Tell whether a code without label lies beyond those with one, as codes of no answer do."""
    if step.number is None or not labelled:
        return step.number is not None and step.number < 0
    return not min(labelled) < step.number < max(labelled)


def answer_sets(file: ProfiledFile) -> list[AnswerSet]:
    """Return the sets of a file that hold behaviour, those that it declares first."""
    found: list[AnswerSet] = []
    taken: set[str] = set()
    for question, counted, profiles in (*_declared(file), *_alike(file)):
        if len(profiles) < _FEWEST or taken & {p.variable.name for p in profiles}:
            continue
        made = _dichotomies(question, counted, profiles) or _categories(question, profiles)
        if made and (counted or made.asks_for_several):
            found.append(made)
            taken.update(made.names)
    return found


def _declared(file: ProfiledFile) -> Iterator[tuple[str, str, list[Profile]]]:
    known = {profile.variable.name: profile for profile in file.profiles}
    for one in file.table.multiple_response:
        own = [known[name] for name in dict.fromkeys(one.variables) if name in known]
        profiles = sorted(own, key=lambda profile: profile.position)
        shared = " ".join(_shared(profiles))
        # Its label may be cut, or be that of its first variable.
        yield f"{one.label} {shared}", one.counted_value, profiles


def _alike(file: ProfiledFile) -> Iterator[tuple[str, str, list[Profile]]]:
    """Yield runs of variables that stand together and share words; the longest from each on."""
    start = 0
    while start < len(file.profiles):
        run = file.profiles[start : start + _run(file.profiles, start)]
        start += len(run)
        if len(run) < _FEWEST:
            continue
        texts = [step.label or step.value for step in run[0].levels if run[0].listed]
        labels = [text for text in texts if answer(text) not in ("yes", "no")]
        if _about(" ".join([*map(_text, run), *labels])):
            yield " ".join(_shared(run)), "", list(run)


def _run(profiles: Sequence[Profile], start: int) -> int:
    """Return how many variables from ``start`` on share enough words.

    The words that all begin and end with only become fewer, so each text is looked at once.
    """
    first = _text(profiles[start]).split()
    front = back = shortest = len(first)
    for at in range(start + 1, len(profiles)):
        words = _text(profiles[at]).split()
        front = len(_same([first[:front], words]))
        back = len(_same([first[::-1][:back], words[::-1]]))
        shortest = min(shortest, len(words))
        # What ends all texts does not overlap what begins them.
        if front + min(back, shortest - front) < _FEWEST:
            return at - start
    return len(profiles) - start


def _text(profile: Profile) -> str:
    return profile.variable.label or profile.variable.name


def _shared(profiles: Sequence[Profile]) -> list[str]:
    """Return the words with which all texts begin, and those with which they end."""
    texts = [_text(p).split() for p in profiles]
    front = _same(texts)
    back = _same([list(reversed(words[len(front) :])) for words in texts])
    return [*front, *reversed(back)]


def _same(texts: list[list[str]]) -> list[str]:
    columns = zip(*texts, strict=False)
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, columns)]


def _own(profile: Profile, shared: list[str]) -> str:
    """Return what a variable's text says beyond the shared words."""
    words = _text(profile).split()
    front = len(_same([words, shared]))
    back = len(shared) - front
    own = words[front : len(words) - back] if back else words[front:]
    return " ".join(own).strip(" -–:[]()") or _text(profile)


def _about(question: str) -> bool:
    """Tell whether words are about having recommended, and not about something else."""
    text = fold(question)
    others = ("score", "discouraged_past_12m", "opportunity")
    asked = cue(text, BEHAVIOUR) or cue(text, COUNTED)
    other = any(cue(text, column) for column in others) or since_interview(question)
    return bool(asked) and not other


def _says(text: str, question: str) -> str:
    """Return what an answer says of recommending, in a question of several answers."""
    if item(text, "none"):
        return "no"
    if answer(text) == "missing":
        return "missing"
    if _about(question):
        return "yes"
    return "yes" if item(text, "recommended") and _about(f"{question} {text}") else "no"


def _known(text: str) -> bool:
    return item(text, "recommended") or item(text, "person")


def _dichotomies(question: str, counted: str, profiles: list[Profile]) -> AnswerSet | None:
    """Return a set whose variables are answers, ``None`` where they are none."""
    shared = _shared(profiles)
    parts = [(profile, _own(profile, shared), _chosen(profile, counted)) for profile in profiles]
    if not all(chosen for _, _, chosen in parts):
        return None
    answers: list[Answer] = []
    none = any(item(text, "none") for _, text, _ in parts)
    for profile, text, chosen in parts:
        says = _says(text, question)
        answers.append(Answer(profile.variable.name, chosen, text, says))
        if says == "yes":
            answers += _not_chosen(profile, chosen, text, none)
    yes = [a for a in answers if a.says == "yes"]
    if not yes:
        return None
    asked = none or any(a.says == "no" and a.name in {y.name for y in yes} for a in answers)
    names = tuple(profile.variable.name for profile in profiles)
    sure = all(_known(a.text) for a in yes)
    return AnswerSet(question, names, tuple(answers), sure, asked)


def _not_chosen(profile: Profile, chosen: str, text: str, none: bool) -> list[Answer]:
    """Return what the other values of an answer say: no, unless there is an answer for that."""
    others = [s for s in profile.levels if s.value != chosen]
    missing = [s.declared_missing or answer(s.label) == "missing" for s in others]
    says = ["missing" if gone else "" if none else "no" for gone in missing]
    return [
        Answer(profile.variable.name, step.value, text, said)
        for step, said in zip(others, says, strict=True)
        if said
    ]


def _chosen(profile: Profile, counted: str) -> str:
    """Return the value that means chosen, empty where the variable holds something else."""
    steps = [s for s in profile.levels if not s.declared_missing]
    steps = [s for s in steps if answer(s.label) != "missing"]
    if not profile.listed or profile.kind is Kind.DATE or len(steps) > _FEWEST:
        return ""
    values = {s.value: answer(s.label or s.value) for s in steps}
    if counted:
        return next((value for value in values if _equal(value, counted)), "")
    yes = [value for value, said in values.items() if said == "yes"]
    if len(yes) == 1 and set(values.values()) <= {"yes", "no"}:
        return yes[0]
    if not any(s.label for s in steps) and set(values) <= {"0", "1"}:
        return "1" if "1" in values else ""
    # An export of texts writes the answer where it was chosen, and nothing else.
    return steps[0].value if len(steps) == 1 and _alone(profile, steps[0]) else ""


def _alone(profile: Profile, step: Level) -> bool:
    return profile.absent > 0 and (profile.kind is Kind.TEXT or bool(step.label))


def _equal(value: str, counted: str) -> bool:
    try:
        return written_code(float(value)) == written_code(float(counted))
    except ValueError:
        return value.strip() == counted.strip()


def _categories(question: str, profiles: list[Profile]) -> AnswerSet | None:
    """Return a set whose variables hold chosen answers, ``None`` where they hold none."""
    if not all(p.listed and p.kind is not Kind.DATE for p in profiles):
        return None
    answers = [
        Answer(profile.variable.name, step.value, step.label or step.value, says)
        for profile in profiles
        for step in profile.levels
        if not step.declared_missing and (step.label or profile.kind is Kind.TEXT)
        # A variable without a further answer says nothing, whatever the code for that.
        if (says := _says(step.label or step.value, question)) != "missing"
    ]
    texts = [{a.text for a in answers if a.name == p.variable.name} for p in profiles]
    yes = [a for a in answers if a.says == "yes"]
    alike = all(one & texts[0] for one in texts)
    if (
        not alike
        or not any(_known(a.text) for a in yes)
        or any(answer(a.text) == "yes" for a in yes)
    ):
        return None
    asked = any(a.says == "no" for a in answers)
    names = tuple(profile.variable.name for profile in profiles)
    return AnswerSet(question, names, tuple(answers), all(_known(a.text) for a in yes), asked)
