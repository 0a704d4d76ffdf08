# What the scripts beside this one share: files, designs, generated ratings, estimates of cells.
#
#   here <- ...; source(file.path(here, "oracle.R"))
#
# A script is called as `Rscript <script>.R [OUTDIR]`; OUTDIR defaults to the folder of the script.
# Inputs are written first and read back, so that R sees exactly what the tests see. Inputs of
# another script are read from the committed folder where OUTDIR has none.
# Plain base R and `survey` only; nothing here is shared with the code under test.

suppressPackageStartupMessages(library(survey))
options(survey.adjust.domain.lonely = FALSE, survey.lonely.psu = "fail", stringsAsFactors = FALSE)
RNGkind("Mersenne-Twister", "Inversion", "Rejection")

args <- commandArgs(trailingOnly = TRUE)
outdir <- if (length(args) >= 1) args[1] else here
dir.create(file.path(outdir, "input"), recursive = TRUE, showWarnings = FALSE)
dir.create(file.path(outdir, "expected"), recursive = TRUE, showWarnings = FALSE)

LEVEL <- 0.95

# ---------------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------------

# One cell a value: as few of 15, 16 or 17 significant digits as a double needs to survive the round
# trip, empty where missing.
as_cell <- function(x) {
  if (is.character(x)) {
    text <- ifelse(grepl(",", x, fixed = TRUE), paste0("\"", x, "\""), x)
  } else if (is.integer(x)) {
    text <- sprintf("%d", x)
  } else {
    text <- sprintf("%.15g", x)
    for (digits in c("%.16g", "%.17g")) {
      short <- !is.na(x) & suppressWarnings(as.numeric(text)) != x
      text[short] <- sprintf(digits, x[short])
    }
  }
  text[is.na(x)] <- ""
  text
}

write_csv <- function(data, ...) {
  lines <- do.call(paste, c(lapply(data, as_cell), sep = ","))
  con <- file(file.path(outdir, ...), open = "wb")
  on.exit(close(con))
  writeLines(c(paste(names(data), collapse = ","), lines), con, sep = "\n", useBytes = TRUE)
}

INTEGERS <- c("score", "recommended_past_12m", "discouraged_past_12m")
NUMBERS <- c("weight", "fpc", "fpc_ssu", "total")

read_input <- function(name) {
  file <- file.path("input", paste0(name, ".csv"))
  folder <- if (file.exists(file.path(outdir, file))) outdir else here
  data <- read.csv(file.path(folder, file), colClasses = "character", na.strings = "",
                   check.names = FALSE)
  numbers <- names(data) %in% NUMBERS | grepl("^repweight_", names(data))
  for (column in intersect(INTEGERS, names(data))) data[[column]] <- as.integer(data[[column]])
  for (column in names(data)[numbers]) data[[column]] <- as.numeric(data[[column]])
  data
}

save_input <- function(data, name) write_csv(data, "input", paste0(name, ".csv"))

# ---------------------------------------------------------------------------------------------
# Designs
# ---------------------------------------------------------------------------------------------

# The design as its columns say it. Codes of PSUs are taken within their stratum, codes of SSUs
# within their PSU. Weights are those given (1 where there are none), also where there is an fpc.
given_design <- function(data) {
  has <- function(column) !is.null(data[[column]])
  ids <- if (!has("psu")) ~1 else if (has("ssu")) ~psu + ssu else ~psu
  fpc <- if (!has("fpc")) NULL else if (has("fpc_ssu")) ~fpc + fpc_ssu else ~fpc
  data$one <- 1
  weights <- if (has("weight")) ~weight else ~one
  if (!has("stratum")) return(svydesign(ids = ids, weights = weights, fpc = fpc, data = data))
  svydesign(ids = ids, strata = ~stratum, nest = TRUE, weights = weights, fpc = fpc, data = data)
}

# ---------------------------------------------------------------------------------------------
# Generated ratings
# ---------------------------------------------------------------------------------------------

# Ratings in units: a unit shifts both its scores and its recommending, so that clustering matters.
ratings <- function(sizes, countries = c("NO", "SE", "DK"), shifts = rnorm(length(sizes), 0, 0.7)) {
  n <- sum(sizes)
  unit <- rep(seq_along(sizes), sizes)
  shift <- shifts[unit]
  score <- as.integer(pmin(10, pmax(0, round(8 + shift + rnorm(n, 0, 2.2)))))
  data.frame(
    psu = unit,
    sector = sample(c("B2B", "B2C"), n, TRUE, c(0.4, 0.6)),
    country = sample(countries, n, TRUE, rev(seq_along(countries)) + 1),
    score = score,
    recommended_past_12m = rbinom(n, 1L, plogis(-2.2 + 0.24 * score + shift)),
    weight = round(exp(rnorm(n, 0, 0.6)) * 10, 3))
}

some_missing <- function(x, share) {
  x[runif(length(x)) < share] <- NA
  x
}

# Random order (no code may lean on sorted files), an id per rating, and only the columns asked for.
FIRST <- c("rating_id", "sector", "country", "score", "recommended_past_12m")
finish <- function(data, name, columns) {
  data <- data[sample(nrow(data)), ]
  data$rating_id <- sprintf("%s-%04d", name, seq_len(nrow(data)))
  data$score <- some_missing(data$score, 0.03)
  data$recommended_past_12m <- some_missing(data$recommended_past_12m, 0.08)
  save_input(data[c(FIRST, columns)], name)
}

# Strata with PSUs. Country DK is absent from strata S1 and S2 and from every third PSU; B2B is
# absent from stratum S8 and from every fourth PSU: zeros of whole PSUs must still count in n_h.
strata_of_psus <- function(psus_per_stratum, sizes) {
  stratum <- rep(seq_along(psus_per_stratum), psus_per_stratum)
  data <- ratings(sizes)
  data$stratum <- paste0("S", stratum[data$psu])
  gone <- data$country == "DK" & (data$stratum %in% c("S1", "S2") | data$psu %% 3 == 0)
  data$country[gone] <- ifelse(data$psu[gone] %% 2 == 0, "NO", "SE")
  data$sector[data$stratum == "S8" | data$psu %% 4 == 0] <- "B2C"
  data$psu <- sprintf("%s-P%02d", data$stratum, data$psu)
  data
}

# ---------------------------------------------------------------------------------------------
# Estimates of cells
# ---------------------------------------------------------------------------------------------

# Ratings with both score and behaviour.
answered <- function(data) !is.na(data$recommended_past_12m) & !is.na(data$score)

# Every crossing of the values of some columns that occur in the data.
crossings <- function(data, columns) {
  if (!length(columns)) return(data.frame(all = ""))
  values <- lapply(columns, function(column) sort(unique(data[[column]])))
  out <- rev(expand.grid(rev(values), stringsAsFactors = FALSE))
  names(out) <- columns
  out
}

split_by <- function(by) if (by == "") character() else strsplit(by, ",")[[1]]

# The cells of one breakdown, whether or not any rating is left in their base. `keep` says which
# ratings are in the base and the cell.
cells_of <- function(data, by) {
  columns <- split_by(by)
  base <- answered(data) & (by == "score" | data$score == 10L)
  rows <- crossings(data, columns)
  lapply(seq_len(nrow(rows)), function(i) {
    keep <- base
    cell <- list(sector = NA_character_, country = NA_character_, score = NA_integer_)
    for (column in columns) {
      cell[[column]] <- rows[[column]][i]
      keep <- keep & data[[column]] == rows[[column]][i]
    }
    c(cell, list(keep = keep))
  })
}

# "logit" of svyciprop is wrong in the eighth digit and NaN at df = 1; "xlogit" is the same
# interval without either fault (see estimation.R).
METHOD <- c(logit = "xlogit", beta = "beta", wald = "mean")

# R's own interval, or missing limits where R has none. At a proportion of exactly 0 or 1 `logit`
# and `beta` are 0/0, possibly hidden by rounding, so: no limits.
limits <- function(interval, domain, y, df) {
  none <- c(NA_real_, NA_real_)
  if (df < 1 || ((all(y == 0) || all(y == 1)) && interval != "wald")) return(none)
  ci <- tryCatch(suppressWarnings(as.numeric(confint(
    svyciprop(~recommended_past_12m, domain, method = METHOD[[interval]], level = LEVEL, df = df)))),
    error = function(e) none)
  if (anyNA(ci)) none else ci
}

# Influence of each rating on the mean of y among `keep`, over the whole design:
# w (y - mean) / sum w, zero outside.
influence_of <- function(design, keep, y = design$variables$recommended_past_12m) {
  w <- weights(design) * keep
  x <- ifelse(keep, y, 0)
  w * (x - sum(w * x) / sum(w)) / sum(w)
}

recvar <- function(influence, design)
  svyrecvar(influence, design$cluster, design$strata, design$fpc, postStrata = design$postStrata)

# Several means with their joint covariance, as an object that svycontrast takes: one for each
# vector in `keeps`, the domains may overlap.
joint_means <- function(design, keeps, y = design$variables$recommended_past_12m) {
  influence <- sapply(keeps, function(keep) influence_of(design, keep, y))
  means <- sapply(keeps, function(keep) weighted.mean(y[keep], weights(design)[keep]))
  names(means) <- names(keeps)
  v <- recvar(influence, design)
  dimnames(v) <- list(names(keeps), names(keeps))
  structure(means, var = v, statistic = "mean", class = "svystat")
}

estimate_cell <- function(design, keep) {
  # A subset keeps the number of PSUs that each stratum has in the full design.
  domain <- subset(design, keep)
  n <- sum(keep)
  none <- c(NA_real_, NA_real_)
  out <- list(n = n, estimate = NA_real_, std_error = NA_real_, df = 0L,
              ci = list(logit = none, beta = none, wald = none))
  if (n == 0) return(out)
  y <- design$variables$recommended_past_12m[keep]
  m <- svymean(~recommended_past_12m, domain)
  out$estimate <- as.numeric(coef(m))
  out$std_error <- as.numeric(SE(m))
  out$df <- as.integer(degf(domain))
  for (interval in names(out$ci)) out$ci[[interval]] <- limits(interval, domain, y, out$df)
  # The same standard error from the influence values over the whole design. `average` is left
  # out: R counts strata in the subset there.
  if (getOption("survey.lonely.psu") != "average") {
    again <- sqrt(as.numeric(recvar(influence_of(design, keep), design)))
    stopifnot(abs(again - out$std_error) < 1e-12)
  }
  out
}

BREAKDOWNS <- c("", "sector", "country", "sector,country", "score")

estimates_of <- function(design, name, rule, breakdowns = BREAKDOWNS) {
  old <- options(survey.lonely.psu = rule)
  on.exit(options(old))
  rows <- list()
  for (by in breakdowns) for (cell in cells_of(design$variables, by)) {
    e <- estimate_cell(design, cell$keep)
    for (interval in names(e$ci)) {
      rows[[length(rows) + 1]] <- data.frame(
        design = name, target = "as_given", weight_scaling = "as_given", lonely_psu = rule, by = by,
        sector = cell$sector, country = cell$country, score = cell$score, n = e$n,
        estimate = e$estimate, std_error = e$std_error, df = e$df, interval = interval,
        conf_low = e$ci[[interval]][1], conf_high = e$ci[[interval]][2])
    }
  }
  do.call(rbind, rows)
}

# Pairs of all rows with all columns of a matrix, row by row.
all_pairs <- function(k) list(i = rep(seq_len(k), each = k), j = rep(seq_len(k), k))
