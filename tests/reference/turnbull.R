# Independent oracle for interval-censored incidences of one event: Turnbull's estimate.
#
#   Rscript tests/reference/turnbull.R [OUTDIR]
#
# Writes OUTDIR/expected/turnbull_sets.csv, windows with weights, and OUTDIR/expected/turnbull.csv,
# 1 less the survival that `survfit` of `interval2` gives at times of interviews.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
suppressPackageStartupMessages(library(survival))

# Waves on fixed days, events before them, some leave; `exact` know the day of the event.
drawn <- function(n, waves, exact) {
  time <- ceiling(rexp(n, 1 / 250))
  seen <- sample(seq_along(waves), n, TRUE, prob = seq_along(waves))
  after <- by <- rep(NA_real_, n)
  for (i in seq_len(n)) {
    days <- c(0, waves[seq_len(seen[i])])
    by[i] <- days[days >= time[i]][1]
    after[i] <- max(days[is.na(by[i]) | days < by[i]])
    if (!is.na(by[i]) && runif(1) < exact) { by[i] <- time[i]; after[i] <- time[i] - 1 }
  }
  data.frame(after = after, by = by, weight = round(runif(n, 0.5, 3), 3))
}

set.seed(20260601)
CASES <- list(waves = drawn(300, c(93, 186, 372), 0), mixed = drawn(300, c(93, 186, 279, 372), 0.3),
              weekly = drawn(120, seq(28, 392, 28), 0), few = drawn(15, c(93, 186, 372), 0.5))
AT <- c(50, 93, 140, 186, 230, 279, 330, 372)
sets <- rows <- list()
for (name in names(CASES)) {
  data <- CASES[[name]]
  # An exact day t is (t - 1, t]: R is given t as a point.
  point <- !is.na(data$by) & data$by - data$after == 1
  low <- ifelse(point, data$by, data$after)
  fit <- survfit(Surv(low, data$by, type = "interval2") ~ 1, weights = data$weight)
  reached <- summary(fit, times = AT, extend = TRUE)
  rows[[name]] <- data.frame(case = name, at_time = AT, incidence = 1 - reached$surv)
  sets[[name]] <- data.frame(case = name, data)
}
write_csv(do.call(rbind, sets), "expected", "turnbull_sets.csv")
write_csv(do.call(rbind, rows), "expected", "turnbull.csv")
