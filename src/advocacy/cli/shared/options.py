"""What the commands on estimates share: which answers, how they were drawn, where results go.

Each decorator adds some options to a command, which gets their values as one argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, cast

import click

from advocacy.cli.shared.assumed import say_what_was_assumed
from advocacy.cli.shared.engine_options import ENGINE_OPTIONS, EngineChoice, Source, TableName
from advocacy.cli.shared.input_file import InputFile, LocalPath
from advocacy.errors import UsageError
from advocacy.estimation import Estimates
from advocacy.estimation.estimands import ESTIMANDS, INTENTS
from advocacy.estimation.segments import SEGMENTS
from advocacy.report.document import Document
from advocacy.report.exporters import EXPORTERS, STANDARD_OUTPUT, export
from advocacy.responses import Responses, open_responses
from advocacy.survey import SurveyDesign, survey_design
from advocacy.survey.design import LonelyPSU, Scaling
from advocacy.survey.engines import Database, Engine, open_table
from advocacy.survey.intervals import INTERVALS
from advocacy.survey.margins import Margins, read_margins
from advocacy.survey.replication import Replication, read_replication

Command = Callable[..., None]
Decorator = Callable[[Command], Command]


@dataclass(frozen=True)
class Answers:
    """A survey file with what describes it, a dataset, or a table of a database."""

    source: Path | TableName
    crosswalk: Path | None
    encoding: str | None
    sheet: str | None

    def open(self, engine: Engine) -> Responses:
        """Open the answers, those of a database in the engine that has it.

        Raises
        ------
        UsageError
            A dataset or a table is described anew.
        """
        described = isinstance(self.source, TableName) or self.source.is_dir()
        if described and (self.crosswalk or self.encoding or self.sheet):
            raise UsageError(
                "--crosswalk, --encoding and --sheet are for a file; a dataset was imported with "
                "its own.",
                remedy="Leave them out, or name the file.",
            )
        if isinstance(self.source, TableName):
            # The choice of an engine refused those without tables.
            return open_table(cast(Database, engine), self.source.table)
        responses = open_responses(
            self.source, self.crosswalk, encoding=self.encoding, sheet=self.sheet
        )
        if not described:
            say_what_was_assumed(responses)
        return responses


@dataclass(frozen=True)
class Drawn:
    """How the answers were drawn, and what their weights are raked to."""

    target: str | None
    weight_scaling: Scaling
    rake: Path | None
    trim: float | None
    lonely_psu: LonelyPSU
    nest: bool
    replicates: str | None
    seed: int | None

    def design(self, responses: Responses) -> SurveyDesign:
        """Return the design of the responses.

        Raises
        ------
        UsageError
            An option on strata, of a design that has none.
        """
        design = survey_design(
            responses,
            self.target,
            weight_scaling=self.weight_scaling,
            lonely_psu=self.lonely_psu,
            nest=self.nest,
            replication=self._replication(),
            margins=self._margins(),
        )
        if self.nest and not design.strata:
            raise UsageError(
                f"--nest is of PSUs within strata, and the design has none ({design.describe()}).",
                remedy="Leave it out, or choose a --target with strata.",
            )
        return design

    def _replication(self) -> Replication | None:
        drawn = (self.replicates or "").startswith("bootstrap")
        if self.seed is not None and not drawn:
            raise UsageError(
                "--seed is of bootstrap replicates, and none are asked for.",
                remedy="Use --replicates bootstrap:500 too, or leave out --seed.",
            )
        if self.replicates is None:
            return None
        return read_replication(
            self.replicates, Replication.seed if self.seed is None else self.seed
        )

    def _margins(self) -> Margins | None:
        if self.rake:
            return read_margins(self.rake, SEGMENTS, trim=self.trim)
        if self.trim is not None:
            raise UsageError(
                "--trim limits weights that are raked, and none are.",
                remedy="Name a table of margins with --rake, or leave out --trim.",
            )
        return None


@dataclass(frozen=True)
class Destination:
    """Where results go, and in which format."""

    format_: str | None
    output: Path | None

    @property
    def for_people(self) -> bool:
        """Whether results are printed as a table."""
        return self.output is None and self.format_ in (None, "table")

    def check(self, answers: Answers | None = None, drawn: Drawn | None = None) -> None:
        """Refuse an output that cannot be meant, before anything is estimated.

        Raises
        ------
        UsageError
            A format that the ending gives already, an ending that gives none, or a file that
            is read.
        """
        if self.output is None:
            return
        if self.format_:
            raise UsageError(
                "--format is for standard output; a file's ending gives its format.",
                remedy="Leave out --format or --output.",
            )
        if self.output.suffix.lower() not in EXPORTERS:
            raise UsageError(
                f"{self.output.name!r} has no ending that says what to write.",
                remedy=f"Use one of: {', '.join(EXPORTERS)}.",
            )
        own = (answers.source, answers.crosswalk) if answers else ()
        read = (*own, drawn.rake if drawn else None)
        paths = [path for path in read if isinstance(path, Path)]
        if any(self.output.exists() and self.output.samefile(path) for path in paths):
            raise UsageError(
                f"The output {self.output.name!r} is the file that is read.",
                remedy="Name another file.",
            )

    def write(
        self, result: Estimates, shown: Callable[[Estimates], Document] | None = None
    ) -> None:
        """Write or print a result, for people as ``shown`` or as its kind is shown."""
        if self.output:
            export(result, self.output)
            click.echo(f"Wrote {len(result)} estimates to {self.output}.", err=True)
        elif self.for_people:
            # Here, as what draws and words results takes long to import.
            from advocacy.report.media.terminal import print_document
            from advocacy.report.results import document

            print_document((shown or document)(result))
        else:
            STANDARD_OUTPUT[self.format_ or ""](result)


def _together(name: str, kind: type, options: Sequence[Decorator]) -> Decorator:
    """Return a decorator that adds options, whose values become one argument of its kind."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(**given: Any) -> None:
            own = {field.name: given.pop(field.name) for field in fields(kind)}
            command(**given, **{name: kind(**own)})

        changed: Command = run
        for option in reversed(options):
            changed = option(changed)
        return changed

    return decorate


answers_options = _together(
    "answers",
    Answers,
    [
        click.argument("source", type=Source(), metavar="FILE|DATASET|TABLE"),
        click.option(
            "--crosswalk",
            type=InputFile(),
            help="What the file's variables and codes mean; not needed for canonical names.",
        ),
        click.option(
            "--encoding", help="Code page of the file's texts, where the file is wrong about it."
        ),
        click.option("--sheet", help="Sheet of a workbook; the first that has a table by default."),
    ],
)

engine_options = _together("choice", EngineChoice, ENGINE_OPTIONS)

design_options = _together(
    "drawn",
    Drawn,
    [
        click.option(
            "--target",
            help="these_programmes, programmes_like_these or as_given (the columns weight, "
            "stratum, psu and fpc as they stand); without it several programmes give the second, "
            "unless strata, psu or fpc say how answers were drawn; one programme gives as_given "
            "where a file has such columns, else the first.",
        ),
        click.option(
            "--weight-scaling",
            default="respondents",
            show_default=True,
            help="How weights of different programmes compare: respondents or equal_programme.",
        ),
        click.option(
            "--rake",
            type=InputFile(),
            help="Rake the weights to margins: a CSV file with columns named as segments, and "
            "total.",
        ),
        click.option(
            "--trim",
            type=float,
            help="Largest ratio of raked to given weight, relative to the mean ratio, such as 3.",
        ),
        click.option(
            "--lonely-psu",
            default="fail",
            show_default=True,
            help="Strata with one PSU: fail, adjust, average, remove or certainty.",
        ),
        click.option(
            "--nest",
            is_flag=True,
            help="The codes of PSUs start again in each stratum.",
        ),
        click.option(
            "--replicates",
            help="Variances from replicates, not by linearization: bootstrap:500, jkn, or the "
            "columns repweight_* as given with their scheme, such as given:BRR.",
        ),
        click.option("--seed", type=int, help="Seed of the bootstrap.  [default: 1]"),
    ],
)

destination_options = _together(
    "destination",
    Destination,
    [
        click.option(
            "--format",
            "format_",
            type=click.Choice(["table", *STANDARD_OUTPUT]),
            help="What to print on standard output; a table without it.",
        ),
        click.option(
            "-o",
            "--output",
            type=LocalPath(dir_okay=False),
            help=f"Write to a file instead; its ending gives the format: {', '.join(EXPORTERS)}.",
        ),
    ],
)

estimand_option = click.option(
    "--estimand",
    default="recommended_past_12m",
    show_default=True,
    help=f"One of: {', '.join(ESTIMANDS)}.",
)
intent_option = click.option(
    "--intent",
    default="score_10",
    show_default=True,
    help=f"One of: {', '.join(INTENTS)}; or scores such as 8,9,10.",
)
where_option = click.option(
    "--where",
    help="Estimate among the ratings that meet a condition, such as 'sector = B2B and ease >= 4', "
    "'country in (NO, SE)', 'score between 7 and 8' or 'channel is missing'; with and, or, not "
    "and parentheses. Names are those of `advocacy codebook` and of segments. The design stays "
    "whole: a domain, no filter.",
)
interval_option = click.option(
    "--interval",
    help=f"One of: {', '.join(INTERVALS)}; without it korn_graubard for proportions, else wald.",
)


def conf_level_option(default: float | None, text: str = "Confidence level.") -> Decorator:
    """Return the option of the confidence level, with a command's own default."""
    return click.option(
        "--conf-level", type=float, default=default, show_default=default is not None, help=text
    )


reference_option = click.option(
    "--reference",
    "folder",
    type=LocalPath(exists=True, file_okay=False),
    help="The study: a folder that `advocacy pool` wrote, or such as comes with the package, "
    "which is taken without this.",
)


def names(text: str) -> list[str]:
    """Return the names in a list with commas."""
    return [name.strip() for name in text.split(",") if name.strip()]
