# Independent oracle for the estimation code: R package `survey`.
#
#   Rscript tests/reference/estimation.R [OUTDIR]
#
# Writes OUTDIR/input/<design>.csv    generated ratings, canonical column names
#        OUTDIR/expected/*.csv        what R says about them
#        OUTDIR/versions.csv          R, all packages that the scripts use, platform
# OUTDIR defaults to the folder of this script. Running it again gives byte-identical files.
# Plain base R and `survey` only; nothing here is shared with the code under test.

suppressPackageStartupMessages(library(survey))
options(survey.adjust.domain.lonely = FALSE, survey.lonely.psu = "fail", stringsAsFactors = FALSE)
RNGkind("Mersenne-Twister", "Inversion", "Rejection")

args <- commandArgs(trailingOnly = TRUE)
here <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
outdir <- if (length(args) >= 1) args[1] else dirname(normalizePath(here))
dir.create(file.path(outdir, "input"), recursive = TRUE, showWarnings = FALSE)
dir.create(file.path(outdir, "expected"), recursive = TRUE, showWarnings = FALSE)

LEVEL <- 0.95

# ---------------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------------

# One cell a value: 17 significant digits (a double survives the round trip), empty where missing.
as_cell <- function(x) {
  if (is.character(x)) {
    text <- ifelse(grepl(",", x, fixed = TRUE), paste0("\"", x, "\""), x)
  } else if (is.integer(x)) {
    text <- sprintf("%d", x)
  } else {
    text <- sprintf("%.17g", x)
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

# Every design is written first and read back, so that R sees exactly what the tests see.
read_input <- function(name) {
  data <- read.csv(file.path(outdir, "input", paste0(name, ".csv")), colClasses = "character",
                   na.strings = "", check.names = FALSE)
  data$score <- as.integer(data$score)
  data$recommended_past_12m <- as.integer(data$recommended_past_12m)
  if (!is.null(data$weight)) data$weight <- as.numeric(data$weight)
  data
}

save_input <- function(data, name) write_csv(data, "input", paste0(name, ".csv"))

# ---------------------------------------------------------------------------------------------
# 1. Input from survey's own data
# ---------------------------------------------------------------------------------------------

# The intent is read off the school's result so that about a quarter of the ratings are 10s.
from_api <- function(school) {
  data.frame(
    rating_id = as.character(school$cds),
    sector = ifelse(school$meals < 50, "B2B", "B2C"),
    country = c("NO", "SE", "DK")[school$cnum %% 3 + 1],
    score = as.integer(pmin(10, pmax(0, floor((school$api00 - 400) / 34)))),
    recommended_past_12m = as.integer(school$sch.wide == "Yes"),
    weight = round(school$pw, 2))  # the package's data hold single-precision numbers
}

data(api)
stratified <- from_api(apistrat)
stratified$stratum <- as.character(apistrat$stype)
save_input(stratified, "api_stratified")

clustered <- from_api(apiclus1)
clustered$psu <- as.character(apiclus1$dnum)
save_input(clustered, "api_cluster")

# ---------------------------------------------------------------------------------------------
# 2. Generated input
# ---------------------------------------------------------------------------------------------

# Ratings in PSUs: a PSU shifts both its scores and its recommending, so that clustering matters.
ratings <- function(psu_sizes, countries = c("NO", "SE", "DK")) {
  k <- length(psu_sizes)
  n <- sum(psu_sizes)
  psu <- rep(seq_len(k), psu_sizes)
  shift <- rnorm(k, 0, 0.7)[psu]
  score <- as.integer(pmin(10, pmax(0, round(8 + shift + rnorm(n, 0, 2.2)))))
  chance <- plogis(-2.2 + 0.24 * score + shift)
  data.frame(
    psu = psu,
    sector = sample(c("B2B", "B2C"), n, TRUE, c(0.4, 0.6)),
    country = sample(countries, n, TRUE, rev(seq_along(countries)) + 1),
    score = score,
    recommended_past_12m = rbinom(n, 1L, chance),
    weight = round(exp(rnorm(n, 0, 0.6)) * 10, 3))
}

some_missing <- function(x, share) {
  x[runif(length(x)) < share] <- NA
  x
}

# Random order (no code may lean on sorted files), an id per rating, and only the columns asked for.
finish <- function(data, name, columns) {
  data <- data[sample(nrow(data)), ]
  data$rating_id <- sprintf("%s-%04d", name, seq_len(nrow(data)))
  data$score <- some_missing(data$score, 0.03)
  data$recommended_past_12m <- some_missing(data$recommended_past_12m, 0.08)
  save_input(data[c("rating_id", "sector", "country", "score", "recommended_past_12m", columns)], name)
}

set.seed(20240501)
finish(ratings(rep(1, 300)), "srs", character())

set.seed(20240502)
finish(ratings(rep(1, 350)), "weighted", "weight")

set.seed(20240503)
data <- ratings(rep(1, 420))
data$stratum <- sample(paste0("S", 1:6), nrow(data), TRUE, c(6, 5, 4, 3, 2, 1))
finish(data, "stratified", c("weight", "stratum"))

set.seed(20240504)
data <- ratings(sample(4:20, 45, TRUE))
data$psu <- sprintf("P%02d", data$psu)
finish(data, "clustered", c("weight", "psu"))

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

set.seed(20240505)
psus <- c(3, 4, 7, 5, 6, 2, 4, 5)
finish(strata_of_psus(psus, sample(6:28, sum(psus), TRUE)), "stratified_clustered",
       c("weight", "stratum", "psu"))

# Strata S7 and S9 have one PSU in the full design. Country IS lives in them only (no variance
# at all under `remove`, none defined under `average`); country FI lives in none of them (R's
# `fail` does not fail there).
set.seed(20240506)
psus <- c(3, 4, 6, 5, 4, 2, 1, 5, 1)
sizes <- sample(8:24, sum(psus), TRUE)
sizes[cumsum(psus)[psus == 1]] <- 50L
data <- strata_of_psus(psus, sizes)
only_lonely <- data$stratum %in% c("S7", "S9")
data$country[only_lonely & runif(nrow(data)) < 0.5] <- "IS"
data$country[!only_lonely & runif(nrow(data)) < 0.2] <- "FI"
tens <- which(only_lonely & data$country == "IS")
data$score[tens[seq(1, length(tens), 2)]] <- 10L
data$recommended_past_12m[tens[seq(1, length(tens), 4)]] <- 0L
finish(data, "lonely", c("weight", "stratum", "psu"))

# Domains with hardly any degrees of freedom, made by hand. Each row of `plan` puts n ratings
# with score 10 into the named PSUs (stratum S1..S6, PSUs a..d); `y` is 0, 1, "mixed" or "missing".
set.seed(20240507)
plan <- list(
  list("B2B", "NO", "S1a", 12, "mixed"),                          # one PSU: df 0
  list("B2B", "SE", c("S2a", "S2b"), 14, "mixed"),                # two PSUs, one stratum: df 1
  list("B2B", "DK", c("S3a", "S4a"), 12, "mixed"),                # two PSUs, two strata: df 0
  list("B2B", "FI", "S5a", 8, 1),                                 # df 0 and proportion 1
  list("B2B", "IS", c("S1a", "S1b", "S1c"), 15, "mixed"),         # df 2
  list("B2C", "NO", c("S1b", "S2a", "S2c", "S3a", "S3b"), 20, 0), # proportion 0, df 2
  list("B2C", "SE", c("S4a", "S4b", "S5a", "S5b", "S6a", "S6b"), 24, 1),  # proportion 1, df 3
  list("B2C", "DK", c("S5a", "S5b", "S6a"), 10, "missing"),       # nobody answered: no base
  list("B2C", "FI", c("S6b", "S6c"), 9, 0),                       # proportion 0, df 1
  list("B2C", "IS", "S4c", 1, 1))                                 # a single rating
tens <- do.call(rbind, lapply(plan, function(cell) {
  n <- cell[[4]]
  y <- switch(as.character(cell[[5]]), mixed = rep_len(c(1L, 0L, 1L), n),
              missing = rep(NA_integer_, n), rep(as.integer(cell[[5]]), n))
  data.frame(sector = cell[[1]], country = cell[[2]], psu = rep_len(cell[[3]], n), score = 10L,
             recommended_past_12m = y)
}))
# Everybody else, in every PSU, with scores below 10: they hold the design together, and make
# every PSU count in n_h.
units <- paste0("S", rep(1:6, each = 4), c("a", "b", "c", "d"))
others <- ratings(rep(6, length(units)), c("NO", "SE", "DK", "FI", "IS"))
others$psu <- units[others$psu]
others$score <- pmin(others$score, 9L)
tens$weight <- round(exp(rnorm(nrow(tens), 0, 0.5)) * 5, 3)
data <- rbind(tens, others[names(tens)])
data$stratum <- substr(data$psu, 1, 2)
data$psu <- paste0(data$stratum, "-", substr(data$psu, 3, 3))
data <- data[sample(nrow(data)), ]
data$rating_id <- sprintf("domain_df-%04d", seq_len(nrow(data)))
save_input(data[c("rating_id", "sector", "country", "score", "recommended_past_12m", "weight",
                  "stratum", "psu")], "domain_df")

# 40 % missing behaviour, among it five PSUs without any, and 10 % missing scores.
set.seed(20240508)
psus <- c(5, 4, 6, 3, 5, 2, 4, 5)
data <- strata_of_psus(psus, sample(6:28, sum(psus), TRUE))
silent <- data$psu %in% unique(data$psu)[c(1, 7, 13, 14, 30)]
data$recommended_past_12m[silent] <- NA
data$recommended_past_12m <- some_missing(data$recommended_past_12m, 0.25)
data$score <- some_missing(data$score, 0.08)
finish(data, "missing_behaviour", c("weight", "stratum", "psu"))

# ---------------------------------------------------------------------------------------------
# 3. Programmes
# ---------------------------------------------------------------------------------------------

# Forty programmes of 30 suppliers; one sector and industry each, two or three countries; weights
# whose scale differs by up to 1000 between programmes. B2B respondents belong to accounts, some
# to none; account and respondent codes are both plain numbers and collide on purpose. Some
# respondents and accounts rate more than once, always within their programme.
set.seed(20240509)
sizes <- c(10L, 60L, sample(10:60, 38, TRUE, prob = (61 - 10:60)^4))
data <- do.call(rbind, lapply(seq_along(sizes), function(k) {
  n <- sizes[k]
  sector <- if (k %% 5 < 2) "B2B" else "B2C"
  shift <- rnorm(1, 0, 0.6)
  people <- max(4L, round(0.85 * n))
  who <- c(seq_len(people), sample(people, n - people, TRUE))
  # A respondent's account never changes; about one in seven B2B respondents has none.
  account <- rep(NA_integer_, people)
  if (sector == "B2B") account <- some_missing(sample(max(3L, people %/% 3L), people, TRUE), 0.15)
  score <- as.integer(pmin(10, pmax(0, round(8.2 + shift + rnorm(n, 0, 2)))))
  data.frame(
    respondent_id = as.character(100 * k + who),
    account = ifelse(is.na(account[who]), NA, as.character(100 * k + account[who])),
    programme = sprintf("K%02d", k),
    supplier = sprintf("L%02d", (k - 1) %% 30 + 1),
    sector = sector,
    industry = c("C", "G", "L")[k %% 3 + 1],
    country = sample(sample(c("NO", "SE", "DK"), 2 + k %% 2), n, TRUE),
    wave = c("2023", "2024")[k %% 2 + 1],
    score = some_missing(score, 0.03),
    recommended_past_12m = some_missing(rbinom(n, 1L, plogis(-2 + 0.22 * score + shift)), 0.1),
    weight = round(10^(k %% 4 - 1) * exp(rnorm(n, 0, 0.5)), 4))
}))
data <- data[sample(nrow(data)), ]
data <- cbind(rating_id = sprintf("programmes-%04d", seq_len(nrow(data))), data)
save_input(data, "programmes")

# ---------------------------------------------------------------------------------------------
# Designs
# ---------------------------------------------------------------------------------------------

given_design <- function(data) {
  ids <- if (is.null(data$psu)) ~1 else ~psu
  weights <- if (is.null(data$weight)) ~one else ~weight
  data$one <- 1
  if (is.null(data$stratum)) svydesign(ids = ids, weights = weights, data = data)
  else svydesign(ids = ids, strata = ~stratum, weights = weights, data = data)
}

programme_design <- function(data, target, scaling) {
  per_programme <- function(x) ave(x, data$programme, FUN = sum)
  ratings_in_programme <- per_programme(rep(1, nrow(data)))
  share <- data$weight / per_programme(data$weight)
  data$rescaled <- switch(scaling, respondents = share * ratings_in_programme,
                          equal_programme = share)
  data$unit <- ifelse(is.na(data$account), paste0("respondent:", data$respondent_id),
                      paste0("account:", data$account))
  switch(target,
         programmes_like_these = svydesign(ids = ~programme, weights = ~rescaled, data = data),
         these_programmes = svydesign(ids = ~unit, strata = ~programme, nest = TRUE,
                                      weights = ~rescaled, data = data))
}

# ---------------------------------------------------------------------------------------------
# Estimates
# ---------------------------------------------------------------------------------------------

# The cells of one breakdown: every crossing of the values that occur in the file, whether or
# not any rating is left in its base. `keep` says which ratings are in the base and the cell.
cells_of <- function(design, by) {
  data <- design$variables
  intent <- by != "score"
  base <- !is.na(data$recommended_past_12m) & !is.na(data$score) & (!intent | data$score == 10L)
  columns <- if (by == "") character() else strsplit(by, ",")[[1]]
  values <- lapply(columns, function(column) sort(unique(data[[column]])))
  crossings <- if (length(columns)) rev(expand.grid(rev(values), stringsAsFactors = FALSE)) else
    data.frame(all = "")
  if (length(columns)) names(crossings) <- columns
  lapply(seq_len(nrow(crossings)), function(i) {
    keep <- base
    cell <- list(sector = NA_character_, country = NA_character_, score = NA_integer_)
    for (column in columns) {
      cell[[column]] <- crossings[[column]][i]
      keep <- keep & data[[column]] == crossings[[column]][i]
    }
    c(cell, list(keep = keep))
  })
}

# Two methods of svyciprop give the interval that is symmetric on the logit scale. "logit" takes
# it from an svyglm fit, iterated until the deviance changes by less than 1e-8 (so wrong in the
# eighth digit), and turns the t quantile into a level for the normal distribution, 1 - 2 pnorm(t),
# which is 1 in double precision at df = 1: NaN. "xlogit" uses the delta method, with neither fault,
# so it is what stands under `logit` here; "logit" must agree to 1e-6 where df > 1.
METHOD <- c(logit = "xlogit", beta = "beta", wald = "mean")
worst_logit <- 0

# R's own interval, or missing limits where R has none. At a proportion of exactly 0 or 1 `logit`
# and `beta` are 0/0, possibly hidden by rounding, so: no limits.
limits <- function(interval, domain, y, df) {
  none <- c(NA_real_, NA_real_)
  boundary <- all(y == 0) || all(y == 1)
  if (df < 1 || (boundary && interval != "wald")) return(none)
  by_method <- function(method) tryCatch(
    suppressWarnings(as.numeric(confint(
      svyciprop(~recommended_past_12m, domain, method = method, level = LEVEL, df = df)))),
    error = function(e) none)
  ci <- by_method(METHOD[[interval]])
  if (anyNA(ci)) return(none)
  if (interval == "logit") {
    difference <- max(abs(by_method("logit") / ci - 1))
    stopifnot(if (df == 1) is.na(difference) else difference < 1e-6)
    worst_logit <<- max(worst_logit, difference, na.rm = TRUE)
  }
  ci
}

estimate_cell <- function(design, cell) {
  # A subset keeps the number of PSUs that each stratum has in the full design.
  domain <- subset(design, cell$keep)
  n <- sum(cell$keep)
  out <- list(n = n, estimate = NA_real_, std_error = NA_real_, df = 0L,
              ci = list(logit = c(NA_real_, NA_real_), beta = c(NA_real_, NA_real_),
                        wald = c(NA_real_, NA_real_)))
  if (n == 0) return(out)
  y <- domain$variables$recommended_past_12m
  m <- svymean(~recommended_past_12m, domain)
  out$estimate <- as.numeric(coef(m))
  out$std_error <- as.numeric(SE(m))
  out$df <- as.integer(degf(domain))
  for (interval in names(out$ci)) out$ci[[interval]] <- limits(interval, domain, y, out$df)
  # The same estimate as a ratio of totals over the whole design, ratings outside counting zero:
  # what METHODS.md section 2 defines. `average` is left out: R counts strata in the subset there.
  if (getOption("survey.lonely.psu") != "average") {
    whole <- update(design, z = as.numeric(cell$keep),
                    x = ifelse(cell$keep, recommended_past_12m, 0))
    r <- svyratio(~x, ~z, whole)
    stopifnot(all.equal(as.numeric(coef(r)), out$estimate, tolerance = 1e-12),
              abs(as.numeric(SE(r)) - out$std_error) < 1e-12)
  }
  out
}

BREAKDOWNS <- c("", "sector", "country", "sector,country", "score")

estimates_of <- function(design, name, target, scaling, rule) {
  old <- options(survey.lonely.psu = rule)
  on.exit(options(old))
  rows <- list()
  for (by in BREAKDOWNS) for (cell in cells_of(design, by)) {
    e <- estimate_cell(design, cell)
    for (interval in names(e$ci)) {
      rows[[length(rows) + 1]] <- data.frame(
        design = name, target = target, weight_scaling = scaling, lonely_psu = rule, by = by,
        sector = cell$sector, country = cell$country, score = cell$score, n = e$n,
        estimate = e$estimate, std_error = e$std_error, df = e$df, interval = interval,
        conf_low = e$ci[[interval]][1], conf_high = e$ci[[interval]][2])
    }
  }
  do.call(rbind, rows)
}

GIVEN <- c("api_stratified", "api_cluster", "srs", "weighted", "stratified", "clustered",
           "stratified_clustered", "domain_df", "missing_behaviour")
given <- lapply(setNames(GIVEN, GIVEN), function(name) given_design(read_input(name)))
lonely <- given_design(read_input("lonely"))
programmes <- read_input("programmes")

expected <- lapply(GIVEN, function(name)
  estimates_of(given[[name]], name, "as_given", "as_given", "fail"))
for (rule in c("adjust", "average", "remove", "certainty"))
  expected <- c(expected, list(estimates_of(lonely, "lonely", "as_given", "as_given", rule)))
for (target in c("these_programmes", "programmes_like_these"))
  for (scaling in c("respondents", "equal_programme"))
    expected <- c(expected, list(estimates_of(programme_design(programmes, target, scaling),
                                              "programmes", target, scaling, "fail")))
expected <- do.call(rbind, expected)
write_csv(expected, "expected", "estimates.csv")

# Lonely PSUs under `fail`: R stops where the cell has a rating in a stratum with one PSU, and
# answers elsewhere.
options(survey.lonely.psu = "fail")
failures <- list()
for (by in BREAKDOWNS) for (cell in cells_of(lonely, by)) {
  message <- if (!any(cell$keep)) NA_character_ else tryCatch({
    svymean(~recommended_past_12m, subset(lonely, cell$keep))
    NA_character_
  }, error = conditionMessage)
  failures[[length(failures) + 1]] <- data.frame(
    design = "lonely", by = by, sector = cell$sector, country = cell$country, score = cell$score,
    n = sum(cell$keep), failed = as.integer(!is.na(message)), message = message)
}
write_csv(do.call(rbind, failures), "expected", "lonely_fail.csv")

# ---------------------------------------------------------------------------------------------
# Joint covariance of the sector by country estimates
# ---------------------------------------------------------------------------------------------

covariance_of <- function(design, name, target, scaling) {
  data <- design$variables
  base <- subset(design, !is.na(recommended_past_12m) & !is.na(score) & score == 10L)
  joint <- svyby(~recommended_past_12m, ~sector + country, base, svymean, covmat = TRUE)
  v <- vcov(joint)
  stopifnot(max(abs(sqrt(diag(v)) - SE(joint))) < 1e-14, isSymmetric(unname(v)))
  cells <- as.data.frame(joint)[c("sector", "country")]
  k <- nrow(cells)
  i <- rep(seq_len(k), each = k)
  j <- rep(seq_len(k), k)
  # The same from the definition: covariance of ratios of totals over the whole design.
  base_rows <- !is.na(data$recommended_past_12m) & !is.na(data$score) & data$score == 10L
  influence <- sapply(seq_len(k), function(c) {
    z <- as.numeric(base_rows & data$sector == cells$sector[c] & data$country == cells$country[c])
    x <- ifelse(z == 1, data$recommended_past_12m, 0)
    w <- weights(design)
    w * (x - sum(w * x) / sum(w * z) * z) / sum(w * z)
  })
  again <- svyrecvar(influence, design$cluster, design$strata, design$fpc)
  stopifnot(max(abs(again - v)) < 1e-14)
  data.frame(design = name, target = target, weight_scaling = scaling,
             row_sector = cells$sector[i], row_country = cells$country[i],
             col_sector = cells$sector[j], col_country = cells$country[j],
             covariance = v[cbind(i, j)])
}
covariance <- covariance_of(given$stratified_clustered, "stratified_clustered", "as_given", "as_given")
for (scaling in c("respondents", "equal_programme"))
  covariance <- rbind(covariance, covariance_of(
    programme_design(programmes, "programmes_like_these", scaling),
    "programmes", "programmes_like_these", scaling))
write_csv(covariance, "expected", "covariance.csv")

# ---------------------------------------------------------------------------------------------
# Quantiles at awkward arguments
# ---------------------------------------------------------------------------------------------

probabilities <- c(0.025, 0.05, 0.5, 0.975)
student <- expand.grid(p = probabilities, a = c(1, 2, 3.7, 8, 30, 1e3, 1e5))
shapes <- c(0.3, 1, 2.5, 17.3, 400, 12345.6, 5e5)
beta <- expand.grid(p = probabilities, b = shapes, a = shapes)
write_csv(rbind(
  data.frame("function" = "qt", p = student$p, a = student$a, b = NA_real_,
             value = qt(student$p, student$a), check.names = FALSE),
  data.frame("function" = "qbeta", p = beta$p, a = beta$a, b = beta$b,
             value = qbeta(beta$p, beta$a, beta$b), check.names = FALSE)),
  "expected", "quantiles.csv")

# ---------------------------------------------------------------------------------------------
# Korn-Graubard and Wilson from their definitions
# ---------------------------------------------------------------------------------------------

# Effective n = p (1 - p) / var, times (t_{n-1} / t_df)^2, at most n; at p = 0 and 1 it is n
# itself (no factor for df: NCHS's own macro does so). Then Clopper-Pearson limits.
korn_graubard <- function(p, var, n, df, level) {
  tail <- (1 - level) / 2
  if (p == 0 || p == 1) n_eff <- n
  else n_eff <- min(n, p * (1 - p) / var * (qt(tail, n - 1) / qt(tail, df))^2)
  low <- if (p == 0) 0 else qbeta(tail, n_eff * p, n_eff * (1 - p) + 1)
  high <- if (p == 1) 1 else qbeta(1 - tail, n_eff * p + 1, n_eff * (1 - p))
  c(n_eff, low, high)
}

# Effective n = p (1 - p) / var without any factor or cap (n at p = 0 and 1), quantile of t.
wilson <- function(p, var, n, df, level) {
  n_eff <- if (p == 0 || p == 1) n else p * (1 - p) / var
  t <- qt(1 - (1 - level) / 2, df)
  centre <- (p + t^2 / (2 * n_eff)) / (1 + t^2 / n_eff)
  half <- t / (1 + t^2 / n_eff) * sqrt(p * (1 - p) / n_eff + t^2 / (4 * n_eff^2))
  c(n_eff, max(0, centre - half), min(1, centre + half))
}

# var = 0 with 0 < p < 1 happens (all PSUs of a domain agree): effective n is then the cap, n.
# Wilson has no cap and no limits there, so it has no such rows.
grid <- expand.grid(level = c(0.95, 0.9), df = c(1, 2, 30), deff = c(0, 0.5, 1, 2.3),
                    n = c(5, 30, 400), p = c(0, 0.05, 0.5, 0.93, 1))
grid$var <- grid$deff * grid$p * (1 - grid$p) / grid$n
grid <- grid[!(grid$p %in% c(0, 1) & grid$deff > 0), ]
# A single rating: p is 0 or 1.
grid <- rbind(grid, expand.grid(level = 0.95, df = c(1, 30), deff = 0, n = 1, p = c(0, 1), var = 0))

formula_table <- function(method, grid) {
  values <- t(mapply(method, grid$p, grid$var, grid$n, grid$df, grid$level))
  data.frame(p = grid$p, var = grid$var, n = as.integer(grid$n), df = as.integer(grid$df),
             level = grid$level, n_eff = values[, 1], conf_low = values[, 2], conf_high = values[, 3])
}
write_csv(formula_table(korn_graubard, grid), "expected", "korn_graubard_formula.csv")
write_csv(formula_table(wilson, grid[grid$var > 0 | grid$p %in% c(0, 1), ]), "expected", "wilson.csv")

# ---------------------------------------------------------------------------------------------
# Versions
# ---------------------------------------------------------------------------------------------

# Also of the packages of the scripts beside this one, which are run with it. survey calls MASS to
# calibrate, lme4 builds on Matrix.
PACKAGES <- c("survey", "survival", "MASS", "lme4", "Matrix", "metafor", "psych", "brglm2")
write_csv(data.frame(
  component = c("R", PACKAGES, "platform"),
  version = c(paste(R.version$major, R.version$minor, sep = "."),
              sapply(PACKAGES, function(package) as.character(packageVersion(package))),
              R.version$platform)), "versions.csv")

cat(sprintf("estimates.csv: %d rows. svyciprop's logit and xlogit limits differ by at most %.1e (relative).\n",
            nrow(expected), worst_logit))
