# Independent oracle for cumulative incidences under survey designs.
#
#   Rscript tests/reference/incidence.R [OUTDIR]
#
# Writes OUTDIR/input/incidence_*.csv, ratings of other scripts' designs with follow-up dates, and
# OUTDIR/expected/incidence_*.csv. Estimates are `survfit`'s; standard errors are `svyrecvar` of its
# infinitesimal jackknife times the weight. That is `residuals(type = "pstate")`: the component
# `influence.pstate` of the fit itself is another at the times of events (survival 3.5-3), and
# `cluster =` does not reach the standard errors of several events. Second route: martingales.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
suppressPackageStartupMessages(library(survival))

MONTHS <- c(3, 6, 12)

# ---------------------------------------------------------------------------------------------
# Follow-up dates
# ---------------------------------------------------------------------------------------------

# Times in days to recommending, to churn and to the follow-up interview become dates. `every`
# rounds the first two up to that many days, so that many are tied.
follow <- function(data, recommends, churns, interviewed = c(95, 190, 390), every = 1) {
  n <- nrow(data)
  start <- as.Date("2023-03-01") + sample(0:400, n, TRUE)
  until <- sample(interviewed, n, TRUE) + sample(-12:25, n, TRUE)
  recommended <- ceiling(recommends / every) * every
  churned <- ceiling(churns / every) * every
  none <- is.na(recommended) | recommended > until
  data$interviewed_on <- format(start)
  data$followed_up_on <- format(start + until)
  data$recommended_since <- ifelse(none, "false", "true")
  data$first_recommended_on <- ifelse(none, NA, format(start + ifelse(none, 0, recommended)))
  gone <- !is.na(churned) & churned <= until
  data$churned_on <- ifelse(gone, format(start + ifelse(gone, churned, 0)), NA)
  # Some are not followed up, some do not answer there.
  lost <- runif(n) < 0.15
  data[lost, c("followed_up_on", "first_recommended_on", "recommended_since", "churned_on")] <- NA
  silent <- runif(n) < 0.05
  data[silent, c("first_recommended_on", "recommended_since")] <- NA
  data
}

# Who scores high recommends earlier and churns later; PSUs differ.
recommending <- function(data) {
  unit <- if (is.null(data$psu)) seq_len(nrow(data)) else data$psu
  shift <- rnorm(length(unique(unit)), 0, 0.5)[match(unit, unique(unit))]
  score <- ifelse(is.na(data$score), 5, data$score)
  rexp(nrow(data), exp(-7 + 0.12 * score + shift))
}
churning <- function(data) rexp(nrow(data), 1 / 900)

prepared <- function(name, as = name, recommends = recommending, churns = churning, ...) {
  data <- read_input(name)
  data$recommended_past_12m <- NULL
  data <- follow(data, recommends(data), churns(data), ...)
  save_input(data, paste0("incidence_", as))
}

set.seed(20260401)
PLAIN <- c("srs", "weighted", "stratified", "clustered", "stratified_clustered", "domain_df",
           "fpc_srs", "fpc_stratified_clustered", "two_stage")
for (name in PLAIN) prepared(name)
prepared("lonely")
prepared("stratified_clustered", "ties", every = 30)
prepared("clustered", "late_churn", churns = function(data) 150 + churning(data))
prepared("stratified_clustered", "no_events", recommends = function(data) rep(NA_real_, nrow(data)))
prepared("clustered", "all_events", recommends = function(data) sample(1:60, nrow(data), TRUE),
         churns = function(data) rep(NA_real_, nrow(data)))
DESIGNS <- c(PLAIN, "lonely", "ties", "late_churn", "no_events", "all_events")

# ---------------------------------------------------------------------------------------------
# Estimates
# ---------------------------------------------------------------------------------------------

# Calendar months of 31 days: a date is within k months if and only if its time is at most 31 k.
time_to <- function(from, to) {
  from <- as.POSIXlt(from); to <- as.POSIXlt(to)
  31 * (12 * (to$year - from$year) + to$mon - from$mon) + to$mday - from$mday
}

# Time and ending (0 none, 1 recommended, 2 churned) of each rating; NA outside the base.
endings <- function(data, competing) {
  date <- function(column) as.Date(data[[column]])
  start <- date("interviewed_on")
  recommended <- date("first_recommended_on")
  churned <- if (competing) date("churned_on") else as.Date(rep(NA, nrow(data)))
  first <- !is.na(recommended) & recommended > start & (is.na(churned) | recommended <= churned)
  ending <- ifelse(first, 1, ifelse(!is.na(churned), 2, 0))
  ended <- recommended
  ended[!first] <- churned[!first]
  ended[ending == 0] <- date("followed_up_on")[ending == 0]
  known <- !is.na(recommended) | (data$recommended_since %in% "false")
  time <- pmax(time_to(start, ended), 0)
  time[!known] <- NA
  list(time = time, ending = ending)
}

# Influence on the incidence at each time `at`, times the weight, by the martingales of the events.
by_martingales <- function(time, ending, w, at) {
  times <- sort(unique(time))
  risk <- sapply(times, function(u) sum(w[time >= u]))
  hazard <- sapply(1:2, function(k) sapply(times, function(u) sum(w[time == u & ending == k]))) / risk
  hazard <- matrix(hazard, ncol = 2)
  left <- cumprod(1 - rowSums(hazard))
  before <- c(1, left[-length(left)])
  incidence <- cumsum(before * hazard[, 1])
  sapply(at, function(tau) {
    used <- which(times <= tau)
    last <- if (length(used)) incidence[max(used)] else 0
    total <- numeric(length(time))
    for (u in used) {
      later <- if (left[u] > 0) (last - incidence[u]) / left[u] * before[u] else 0
      slope <- c(before[u] - later, -later)
      for (k in 1:2) {
        martingale <- (time == times[u] & ending == k) - (time >= times[u]) * hazard[u, k]
        total <- total + slope[k] * martingale / risk[u]
      }
    }
    total * w
  })
}

incidence_of <- function(design, keep, end) {
  w <- weights(design)[keep]
  # `residuals` looks for the data of the fit where it is called from.
  cell <<- data.frame(time = end$time[keep] + 1, ending = factor(end$ending[keep], 0:2),
                     w = w, id = seq_along(w))
  at <- 31 * MONTHS
  fit <- suppressWarnings(survfit(Surv(time, ending) ~ 1, data = cell, weights = w, id = id))
  state <- which(fit$states == "1")
  reached <- summary(fit, times = at + 1, extend = TRUE)
  estimate <- reached$pstate[, state]
  jackknife <- residuals(fit, times = at + 1, type = "pstate")
  influence <- matrix(0, length(keep), length(at))
  influence[keep, ] <- jackknife[, , state] * w
  again <- matrix(0, length(keep), length(at))
  again[keep, ] <- by_martingales(end$time[keep], end$ending[keep], w, at)
  stopifnot(max(abs(influence - again)) < 1e-12)
  list(estimate = estimate, influence = influence)
}

RULES <- list(lonely = c("adjust", "remove", "certainty"))
rows <- list()
covariances <- list()
for (name in DESIGNS) {
  design <- given_design(read_input(paste0("incidence_", name)))
  data <- design$variables
  for (competing in c(TRUE, FALSE)) {
    end <- endings(data, competing)
    estimand <- if (competing) "converted_within_12m" else "converted_within_12m_any"
    for (intent in c("score_10", "promoters")) for (by in c("", "sector", "country")) {
      base <- !is.na(data$score) & !is.na(end$time) & data$score >= c(score_10 = 10, promoters = 9)[[intent]]
      cells <- crossings(data, split_by(by))
      found <- list()
      for (i in seq_len(nrow(cells))) {
        keep <- base
        if (by != "") keep <- keep & data[[by]] == cells[i, by]
        if (!any(keep)) next
        found[[length(found) + 1]] <- c(incidence_of(design, keep, end), list(
          level = if (by == "") "" else cells[i, by], n = sum(keep),
          events = sum(keep & end$ending == 1 & end$time <= 31 * 12)))
      }
      for (rule in if (is.null(RULES[[name]])) "fail" else RULES[[name]]) {
        old <- options(survey.lonely.psu = rule)
        for (one in found) rows[[length(rows) + 1]] <- data.frame(
          design = name, lonely_psu = rule, estimand = estimand, intent = intent, by = by,
          level = one$level, months = as.integer(MONTHS), n = one$n, events = one$events,
          estimate = one$estimate,
          std_error = sqrt(pmax(diag(recvar(one$influence, design)), 0)))
        if (by == "sector" && length(found) == 2) {
          v <- recvar(cbind(found[[1]]$influence[, 3], found[[2]]$influence[, 3]), design)
          covariances[[length(covariances) + 1]] <- data.frame(
            design = name, lonely_psu = rule, estimand = estimand, intent = intent,
            covariance = v[1, 2])
        }
        options(old)
      }
    }
  }
}
write_csv(do.call(rbind, rows), "expected", "incidence_rates.csv")
write_csv(do.call(rbind, covariances), "expected", "incidence_covariance.csv")
