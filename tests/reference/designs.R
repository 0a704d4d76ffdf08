# Independent oracle for finite-population corrections and two stages: R package `survey`.
#
#   Rscript tests/reference/designs.R [OUTDIR]
#
# Writes OUTDIR/input/<design>.csv            generated ratings with fpc, ssu, fpc_ssu
#        OUTDIR/expected/designs_*.csv        what R says about them
# Takes estimation.R's inputs `domain_df` and `missing_behaviour` and gives them an fpc.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))

# ---------------------------------------------------------------------------------------------
# 1. Survey's own data with their finite-population corrections
# ---------------------------------------------------------------------------------------------

from_api <- function(school, ...) {
  data.frame(
    rating_id = as.character(school$cds),
    sector = ifelse(school$meals < 50, "B2B", "B2C"),
    country = c("NO", "SE", "DK")[school$cnum %% 3 + 1],
    score = as.integer(pmin(10, pmax(0, floor((school$api00 - 400) / 34)))),
    recommended_past_12m = as.integer(school$sch.wide == "Yes"),
    weight = round(school$pw, 3), ...)
}

data(api)
save_input(from_api(apisrs, fpc = as.numeric(apisrs$fpc)), "api_srs_fpc")
save_input(from_api(apistrat, stratum = as.character(apistrat$stype), fpc = as.numeric(apistrat$fpc)),
           "api_stratified_fpc")
save_input(from_api(apiclus1, psu = as.character(apiclus1$dnum), fpc = as.numeric(apiclus1$fpc)),
           "api_cluster_fpc")
save_input(from_api(apiclus2, psu = as.character(apiclus2$dnum), fpc = as.numeric(apiclus2$fpc1),
                    ssu = as.character(apiclus2$snum), fpc_ssu = as.numeric(apiclus2$fpc2)),
           "api_two_stage_fpc")

# ---------------------------------------------------------------------------------------------
# 2. Generated: one stage
# ---------------------------------------------------------------------------------------------

of_stratum <- function(stratum, values) values[as.integer(sub("S", "", stratum))]

set.seed(20240601)
data <- ratings(rep(1, 300))
data$fpc <- 1150
finish(data, "fpc_srs", "fpc")

set.seed(20240602)
data <- ratings(rep(1, 420))
data$stratum <- sample(paste0("S", 1:6), nrow(data), TRUE, c(6, 5, 4, 3, 2, 1))
sampled <- as.numeric(table(data$stratum))
data$fpc <- of_stratum(data$stratum, round(sampled * c(1.5, 4, 20, 2, 1.1, 7)))
finish(data, "fpc_stratified", c("weight", "stratum", "fpc"))

set.seed(20240603)
data <- ratings(sample(4:20, 40, TRUE))
data$psu <- sprintf("P%02d", data$psu)
data$fpc <- 95
finish(data, "fpc_clustered", c("weight", "psu", "fpc"))

set.seed(20240604)
psus <- c(3, 4, 7, 5, 6, 2, 4, 5)
data <- strata_of_psus(psus, sample(6:28, sum(psus), TRUE))
data$fpc <- of_stratum(data$stratum, c(5, 40, 9, 6, 300, 4, 7, 15))
finish(data, "fpc_stratified_clustered", c("weight", "stratum", "psu", "fpc"))

# All PSUs taken in S3 (7 of 7) and in S6 (1 of 1): no variance there, and the single PSU of S6 is
# not lonely: no rule, not even `fail`, has anything to do.
set.seed(20240605)
psus <- c(3, 4, 7, 5, 6, 1, 4, 5)
sizes <- sample(6:28, sum(psus), TRUE)
sizes[cumsum(psus)[6]] <- 40L
data <- strata_of_psus(psus, sizes)
data$fpc <- of_stratum(data$stratum, c(5, 40, 7, 6, 300, 1, 7, 15))
finish(data, "fpc_certainty", c("weight", "stratum", "psu", "fpc"))

# S7 and S9 have one PSU, of 6 and of 25.
set.seed(20240606)
psus <- c(3, 4, 6, 5, 4, 2, 1, 5, 1)
sizes <- sample(8:24, sum(psus), TRUE)
sizes[cumsum(psus)[psus == 1]] <- 50L
data <- strata_of_psus(psus, sizes)
data$fpc <- of_stratum(data$stratum, c(5, 40, 9, 6, 30, 4, 6, 15, 25))
finish(data, "fpc_lonely", c("weight", "stratum", "psu", "fpc"))

# Codes of PSUs start again at 1 in each stratum.
set.seed(20240607)
psus <- c(4, 3, 6, 5, 8)
data <- strata_of_psus(psus, sample(6:22, sum(psus), TRUE))
data$psu <- ave(data$psu, data$stratum, FUN = function(x) match(x, unique(x)))
data$fpc <- of_stratum(data$stratum, c(8, 30, 7, 11, 20))
finish(data, "fpc_nested_codes", c("weight", "stratum", "psu", "fpc"))

# estimation.R's domains with df 0, 1, 2 and proportions 0 and 1; stratum S1 is complete.
data <- read_input("domain_df")
data$fpc <- of_stratum(data$stratum, c(4, 6, 9, 5, 20, 7))
save_input(data, "fpc_domain_df")

# 40 % missing behaviour.
data <- read_input("missing_behaviour")
data$fpc <- of_stratum(data$stratum, c(9, 6, 30, 4, 8, 5, 12, 5))
save_input(data, "fpc_missing_behaviour")

# ---------------------------------------------------------------------------------------------
# 3. Generated: two stages
# ---------------------------------------------------------------------------------------------

# PSUs of `ssus` SSUs each (a vector, one element a PSU), a few ratings in an SSU; shifts of PSU
# and of SSU. Codes of SSUs start again at 1 in each PSU.
two_stage <- function(stratum, ssus, most = 6) {
  psu <- rep(seq_along(ssus), ssus)
  shifts <- rnorm(length(ssus), 0, 0.5)[psu] + rnorm(length(psu), 0, 0.5)
  data <- ratings(sample(1:most, length(psu), TRUE), shifts = shifts)
  unit <- data$psu
  data$ssu <- as.character(unlist(lapply(ssus, seq_len)))[unit]
  data$psu <- psu[unit]
  data$stratum <- paste0("S", stratum[data$psu])
  gone <- data$country == "DK" & data$psu %% 3 == 0
  data$country[gone] <- "SE"
  data$sector[data$psu %% 5 == 0] <- "B2C"
  data
}

TWO_STAGE <- c("weight", "stratum", "psu", "fpc", "ssu", "fpc_ssu")

# PSU 4 has all of its SSUs taken; stratum S2 has all of its PSUs taken.
set.seed(20240611)
psus <- c(4, 3, 6, 5, 2, 7)
ssus <- sample(2:7, sum(psus), TRUE)
data <- two_stage(rep(seq_along(psus), psus), ssus)
data$fpc <- of_stratum(data$stratum, c(9, 3, 40, 8, 5, 12))
population <- ssus + sample(1:12, length(ssus), TRUE)
population[4] <- ssus[4]
data$fpc_ssu <- population[data$psu]
finish(data, "two_stage", TWO_STAGE)

# No strata; an SSU is a rating. PSUs differ much in size.
set.seed(20240612)
ssus <- sample(c(5:9, 20:40), 25, TRUE)
data <- two_stage(rep(1, length(ssus)), ssus, most = 1)
data$fpc <- 60
data$fpc_ssu <- round(ssus * rep_len(c(1, 1.3, 2, 5), length(ssus)))[data$psu]
finish(data, "two_stage_ratings", setdiff(TWO_STAGE, "stratum"))

# Every PSU of the population is there: all variance is between SSUs.
set.seed(20240613)
psus <- c(4, 3, 6, 5)
ssus <- sample(3:7, sum(psus), TRUE)
data <- two_stage(rep(seq_along(psus), psus), ssus)
data$fpc <- of_stratum(data$stratum, psus)
data$fpc_ssu <- (ssus + sample(2:9, length(ssus), TRUE))[data$psu]
finish(data, "two_stage_certainty", TWO_STAGE)

# One PSU in S3 (of 8) and in S5 (of 4), all PSUs with several SSUs.
set.seed(20240614)
psus <- c(4, 3, 1, 6, 1, 5)
ssus <- sample(3:7, sum(psus), TRUE)
ssus[c(8, 15)] <- 15L
data <- two_stage(rep(seq_along(psus), psus), ssus)
data$fpc <- of_stratum(data$stratum, c(9, 5, 8, 10, 4, 12))
data$fpc_ssu <- (ssus + sample(2:9, length(ssus), TRUE))[data$psu]
finish(data, "two_stage_lonely", TWO_STAGE)

# One PSU in S3, and PSUs 2 and 12 with a single SSU of several; PSU 6's single SSU is its only one.
set.seed(20240615)
psus <- c(4, 3, 1, 6, 5)
ssus <- sample(3:7, sum(psus), TRUE)
ssus[8] <- 12L
ssus[c(2, 6, 12)] <- 1L
data <- two_stage(rep(seq_along(psus), psus), ssus, most = 9)
data$fpc <- of_stratum(data$stratum, c(9, 5, 8, 10, 12))
population <- ssus + sample(2:9, length(ssus), TRUE)
population[6] <- 1
data$fpc_ssu <- population[data$psu]
finish(data, "two_stage_lonely_ssu", TWO_STAGE)

# estimation.R's `domain_df` in two stages: three ratings an SSU; the PSUs of S1 complete.
data <- read_input("domain_df")
data$fpc <- of_stratum(data$stratum, c(4, 6, 9, 5, 20, 7))
rank <- ave(seq_len(nrow(data)), data$psu, FUN = seq_along)
data$ssu <- paste0("u", ceiling(rank / 3))
taken <- ave(ceiling(rank / 3), data$psu, FUN = max)
data$fpc_ssu <- ifelse(data$stratum == "S1", taken, taken + 4)
save_input(data, "two_stage_domain_df")

# ---------------------------------------------------------------------------------------------
# Estimates
# ---------------------------------------------------------------------------------------------

PLAIN <- c("api_srs_fpc", "api_stratified_fpc", "api_cluster_fpc", "api_two_stage_fpc", "fpc_srs",
           "fpc_stratified", "fpc_clustered", "fpc_stratified_clustered", "fpc_certainty",
           "fpc_nested_codes", "fpc_domain_df", "fpc_missing_behaviour", "two_stage",
           "two_stage_ratings", "two_stage_certainty", "two_stage_domain_df")
LONELY <- c("fpc_lonely", "two_stage_lonely", "two_stage_lonely_ssu")
RULES <- c("adjust", "average", "remove", "certainty")
SEGMENTS <- setdiff(BREAKDOWNS, "score")
designs <- lapply(setNames(nm = c(PLAIN, LONELY)), function(name) given_design(read_input(name)))

write_csv(do.call(rbind, c(
  lapply(PLAIN, function(name) estimates_of(designs[[name]], name, "fail")),
  lapply(RULES, function(rule) estimates_of(designs$fpc_certainty, "fpc_certainty", rule, SEGMENTS)),
  unlist(lapply(LONELY, function(name) lapply(RULES, function(rule)
    estimates_of(designs[[name]], name, rule, SEGMENTS))), recursive = FALSE))),
  "expected", "designs_estimates.csv")

# The same from the formula written out: between PSUs, (1 - f) n / (n - 1) times the squares about
# the stratum's mean, and n / N of the same between the SSUs of each PSU.
between <- function(totals, sampled, population)
  if (sampled == population) 0 else (1 - sampled / population) * sampled / (sampled - 1) *
    sum((totals - mean(totals))^2)

variance_by_hand <- function(data, influence) {
  if (is.null(data$stratum)) data$stratum <- "all"
  if (is.null(data$psu)) data$psu <- data$rating_id
  sum(sapply(split(seq_len(nrow(data)), data$stratum), function(rows) {
    psus <- split(rows, data$psu[rows])
    f <- length(psus) / data$fpc[rows[1]]
    first <- between(sapply(psus, function(psu) sum(influence[psu])), length(psus), data$fpc[rows[1]])
    if (is.null(data$ssu)) return(first)
    first + f * sum(sapply(psus, function(psu) {
      totals <- tapply(influence[psu], data$ssu[psu], sum)
      between(totals, length(totals), data$fpc_ssu[psu[1]])
    }))
  }))
}

for (name in PLAIN) for (cell in cells_of(designs[[name]]$variables, "sector")) {
  design <- designs[[name]]
  influence <- influence_of(design, cell$keep)
  stopifnot(all.equal(variance_by_hand(design$variables, influence),
                      as.numeric(vcov(svymean(~recommended_past_12m, subset(design, cell$keep)))),
                      tolerance = 1e-12))
}

# Under `fail`, R stops where the cell has a rating in a lonely stratum or (second stage) in a PSU
# with one SSU, and answers elsewhere.
failures <- do.call(rbind, unlist(lapply(LONELY, function(name) {
  design <- designs[[name]]
  lapply(unlist(lapply(BREAKDOWNS, function(by)
    lapply(cells_of(design$variables, by), function(cell) c(list(by = by), cell))),
    recursive = FALSE), function(cell) {
      message <- if (!any(cell$keep)) NA_character_ else tryCatch({
        svymean(~recommended_past_12m, subset(design, cell$keep))
        NA_character_
      }, error = conditionMessage)
      data.frame(design = name, by = cell$by, sector = cell$sector, country = cell$country,
                 score = cell$score, n = sum(cell$keep), failed = as.integer(!is.na(message)),
                 message = message)
    })
}), recursive = FALSE))
write_csv(failures, "expected", "designs_lonely_fail.csv")

# ---------------------------------------------------------------------------------------------
# Joint covariance of the sector by country estimates
# ---------------------------------------------------------------------------------------------

# `average` has no joint covariance: R counts the strata of each subset apart.
covariance_of <- function(design, name, rule) {
  old <- options(survey.lonely.psu = rule)
  on.exit(options(old))
  data <- design$variables
  base <- answered(data) & data$score == 10L
  joint <- svyby(~recommended_past_12m, ~sector + country, subset(design, base), svymean, covmat = TRUE)
  v <- vcov(joint)
  cells <- as.data.frame(joint)[c("sector", "country")]
  keeps <- lapply(seq_len(nrow(cells)), function(c)
    base & data$sector == cells$sector[c] & data$country == cells$country[c])
  again <- joint_means(design, keeps)
  stopifnot(max(abs(coef(again) - coef(joint))) < 1e-14, max(abs(vcov(again) - v)) < 1e-14)
  pair <- all_pairs(nrow(cells))
  data.frame(design = name, target = "as_given", weight_scaling = "as_given", lonely_psu = rule,
             row_sector = cells$sector[pair$i], row_country = cells$country[pair$i],
             col_sector = cells$sector[pair$j], col_country = cells$country[pair$j],
             covariance = v[cbind(pair$i, pair$j)])
}
ruled <- rbind(data.frame(name = PLAIN, rule = "fail"),
               expand.grid(rule = c("adjust", "remove", "certainty"), name = LONELY)[c("name", "rule")])
write_csv(do.call(rbind, Map(function(name, rule) covariance_of(designs[[name]], name, rule),
                             as.character(ruled$name), as.character(ruled$rule))),
          "expected", "designs_covariance.csv")

# ---------------------------------------------------------------------------------------------
# Sets of scores: estimates, joint covariance, lift
# ---------------------------------------------------------------------------------------------

SETS <- list(score_10 = 10L, promoters = 9:10, detractors = 0:6, passives = 7:8)

# One row for each sector (none for by = "") and set of scores, `keep` its ratings.
sets_of <- function(data, by) {
  rows <- crossings(data, split_by(by))
  unlist(lapply(seq_len(nrow(rows)), function(i) lapply(names(SETS), function(set) {
    keep <- answered(data) & data$score %in% SETS[[set]]
    sector <- if (by == "") NA_character_ else rows$sector[i]
    list(sector = sector, intent = set, keep = keep & (is.na(sector) | data$sector == sector))
  })), recursive = FALSE)
}

column <- function(items, name) sapply(items, `[[`, name)

# Disjoint sets through svyby and svycontrast, which must agree with the influence values.
check_lift <- function(design, joint) {
  bands <- update(subset(design, answered(design$variables) & design$variables$score != 9L),
                  band = ifelse(score == 10L, "s10", ifelse(score <= 6L, "s06", "s78")))
  means <- svyby(~recommended_past_12m, ~band, bands, svymean, covmat = TRUE)
  for (contrast in list(quote(a - b), quote(a / b))) {
    by_svyby <- svycontrast(means, do.call(substitute, list(contrast, list(a = as.name("s10"), b = as.name("s06")))))
    by_hand <- svycontrast(joint, do.call(substitute, list(contrast, list(a = as.name("score_10"), b = as.name("detractors")))))
    stopifnot(abs(coef(by_svyby) - coef(by_hand)) < 1e-12, abs(SE(by_svyby) - SE(by_hand)) < 1e-12)
  }
}

# Difference and ratio of `a` and `b`, standard error by the delta method, df of their union.
lift_of <- function(design, joint, a, b, set_a, set_b) {
  df <- as.integer(degf(subset(design, set_a$keep | set_b$keep)))
  names <- list(a = as.name(a), b = as.name(b))
  do.call(rbind, lapply(c(difference = quote(a - b), ratio = quote(a / b)), function(contrast) {
    value <- svycontrast(joint, do.call(substitute, list(contrast, names)))
    data.frame(estimate = as.numeric(coef(value)), std_error = as.numeric(SE(value)), df = df)
  }))
}

intents <- covariances <- lifts <- list()
for (name in PLAIN) for (by in c("", "sector")) {
  design <- designs[[name]]
  sets <- sets_of(design$variables, by)
  intent <- column(sets, "intent")
  sector <- column(sets, "sector")
  label <- if (by == "") intent else paste(sector, intent)
  joint <- joint_means(design, setNames(lapply(sets, `[[`, "keep"), label))
  domains <- lapply(sets, function(set) subset(design, set$keep))
  stopifnot(abs(sapply(domains, function(domain) SE(svymean(~recommended_past_12m, domain))) - SE(joint)) < 1e-12)
  if (by == "") check_lift(design, joint)
  intents[[length(intents) + 1]] <- data.frame(
    design = name, by = by, sector = sector, intent = intent, n = sapply(sets, function(set) sum(set$keep)),
    estimate = as.numeric(coef(joint)), std_error = as.numeric(SE(joint)), df = as.integer(sapply(domains, degf)))
  pair <- all_pairs(length(sets))
  covariances[[length(covariances) + 1]] <- data.frame(
    design = name, by = by, row_sector = sector[pair$i], row_intent = intent[pair$i],
    col_sector = sector[pair$j], col_intent = intent[pair$j], covariance = vcov(joint)[cbind(pair$i, pair$j)])
  for (a in which(intent %in% c("score_10", "promoters"))) for (baseline in c("detractors", "passives")) {
    b <- which(intent == baseline & (by == "" | sector == sector[a]))
    lifts[[length(lifts) + 1]] <- data.frame(
      design = name, by = by, sector = sector[a], intent = intent[a], reference = baseline,
      quantity = c("difference", "ratio"), lift_of(design, joint, label[a], label[b], sets[[a]], sets[[b]]))
  }
}
write_csv(do.call(rbind, intents), "expected", "designs_intents.csv")
write_csv(do.call(rbind, covariances), "expected", "designs_intents_covariance.csv")
write_csv(do.call(rbind, lifts), "expected", "designs_lift.csv")
