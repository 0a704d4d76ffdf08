# Independent oracle for incidences weighted for attrition.
#
#   Rscript tests/reference/attrition.R [OUTDIR]
#
# Writes OUTDIR/expected/attrition_rates.csv, of ratings that `incidence.R` wrote. A pooled logistic model
# of staying (`survey::svyglm`, a row for each rating and time at which someone leaves) gives the
# weights; `survival::survfit` of rows between those times, with them, the incidence. Standard errors
# are `svyrecvar` of stacked influence: of the martingales of the events, summed over a rating's rows,
# and through the coefficients, whose derivatives are by differences. Second route: the estimating
# equations are solved again without each PSU (a jackknife), which must be near.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
suppressPackageStartupMessages(library(survival))

YEAR <- 31 * 12
LAST <- YEAR - 31

# Calendar months of 31 days, as in incidence.R.
time_to <- function(from, to) {
  from <- as.POSIXlt(from); to <- as.POSIXlt(to)
  31 * (12 * (to$year - from$year) + to$mon - from$mon) + to$mday - from$mday
}

# Time and ending (0 left or followed to the end, 1 recommended, 2 churned): nobody is outside.
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
  known <- !is.na(ended) & (!is.na(recommended) | (data$recommended_since %in% "false"))
  time <- pmax(time_to(start, ended), 0)
  time[!known] <- 0
  ending[!known] <- 0
  ending[time > YEAR] <- 0
  list(time = pmin(time, YEAR + 1), ending = ending)
}

# A new period where nobody leaves for a month, after time 0, and after three months.
periods <- function(times) {
  number <- integer(0); begun <- -Inf; last <- -Inf; now <- 0
  for (u in times) {
    if (u - last >= 31 || last == 0 || u - begun >= 93) { now <- now + 1; begun <- u }
    number <- c(number, now); last <- u
  }
  number
}

# The rows of the model: rating, time, period, whether it stays; and its model matrix.
stays <- function(data, end, on) {
  left <- end$ending == 0 & end$time < LAST
  times <- sort(unique(end$time[left]))
  number <- periods(times)
  rows <- do.call(rbind, lapply(seq_along(times), function(j) {
    u <- times[j]
    at <- which(end$time > u | (end$time == u & left))
    data.frame(rating = at, time = u, period = number[j], stay = as.integer(end$time[at] > u))
  }))
  for (name in on) rows[[name]] <- factor(data[[name]][rows$rating])
  rows$period <- factor(rows$period)
  rows
}

# Rows between the times at which the weights change: times are shifted by one, so that the first
# begins at 0. `before` is the model's row whose probability is the last to have come in.
pieces <- function(end, rows) {
  rows$row <- seq_len(nrow(rows))
  rows <- rows[rows$time < end$time[rows$rating], ]
  n <- length(end$time)
  part <- data.frame(rating = c(seq_len(n), rows$rating), start = c(rep(0, n), rows$time + 1),
                     before = c(rep(NA, n), rows$row))
  part <- part[order(part$rating, part$start), ]
  last <- !duplicated(part$rating, fromLast = TRUE)
  part$stop <- ifelse(last, end$time[part$rating] + 1, c(part$start[-1], NA))
  part$ending <- ifelse(last, end$ending[part$rating], 0)
  part
}

# The share still followed before each row.
followed <- function(part, fitted) {
  stayed <- ifelse(is.na(part$before), 0, log(fitted)[part$before])
  sums <- cumsum(stayed)
  first <- !duplicated(part$rating)
  exp(sums - (sums - stayed)[first][cumsum(first)])
}

# Aalen and Johansen's incidence of weighted rows, and each row's own part of it (by martingales).
weighted <- function(part, w, fitted, whole = TRUE, at = YEAR + 1) {
  ww <- w[part$rating] / followed(part, fitted)
  times <- sort(unique(part$stop[part$ending > 0 & part$stop <= at]))
  before <- 1; reached <- 0; steps <- NULL
  for (u in times) {
    risk <- sum(ww[part$start < u & part$stop >= u])
    hazard <- sapply(1:2, function(k) sum(ww[part$stop == u & part$ending == k])) / risk
    reached <- reached + before * hazard[1]
    steps <- rbind(steps, data.frame(u, risk, h1 = hazard[1], h2 = hazard[2], before, reached))
    before <- before * (1 - sum(hazard))
  }
  if (!whole) return(reached)
  # Each row is a subject of its own: with rows of one `id` whose weights change, `survfit` of several
  # events counts some at risk twice (survival 3.5-3).
  fit <- suppressWarnings(survfit(Surv(start, stop, factor(ending, 0:2)) ~ 1,
                                  data = part, weights = ww, id = seq_along(ww)))
  found <- summary(fit, times = at, extend = TRUE)$pstate[, fit$states == "1"]
  stopifnot(abs(found - reached) < 1e-12)
  own <- numeric(length(ww))
  for (j in seq_len(NROW(steps))) {
    s <- steps[j, ]
    later <- if (s$h1 + s$h2 < 1) (reached - s$reached) / (1 - s$h1 - s$h2) else 0
    in_risk <- part$start < s$u & part$stop >= s$u
    for (k in 1:2) {
      slope <- (k == 1) * s$before - later
      hazard <- c(s$h1, s$h2)[k]
      own <- own + ((part$stop == s$u & part$ending == k) - in_risk * hazard) / s$risk * slope * ww
    }
  }
  influence <- tapply(own, factor(part$rating, seq_along(w)), sum, default = 0)
  list(estimate = found, influence = as.numeric(influence))
}

DESIGNS <- c("srs", "weighted", "stratified_clustered", "fpc_stratified_clustered")
CASES <- list(
  list(intent = "promoters", on = "sector"),
  list(intent = "all", on = c("sector", "country")))
SCORES <- list(promoters = 9:10, all = 0:10)
rows <- list()
for (name in DESIGNS) for (competing in c(TRUE, FALSE)) for (case in CASES) {
  whole <- given_design(read_input(paste0("incidence_", name)))
  every <- whole$variables
  keep <- !is.na(every$score) & every$score %in% SCORES[[case$intent]]
  data <- every[keep, ]; w <- weights(whole)[keep]
  for (column in case$on) data[[column]][is.na(data[[column]])] <- "missing"
  end <- endings(data, competing)
  model <- stays(data, end, case$on)
  formula <- reformulate(c("period", case$on), "stay")
  model$w <- w[model$rating]
  plain <- svydesign(ids = ~rating, weights = ~w, data = model)
  fit <- svyglm(formula, plain, family = quasibinomial,
                control = glm.control(epsilon = 1e-14, maxit = 100))
  x <- model.matrix(fit); beta <- coef(fit)
  part <- pieces(end, model)
  incidence <- function(b, whole = FALSE) weighted(part, w, plogis(as.numeric(x %*% b)), whole)
  found <- incidence(beta, TRUE)
  slopes <- sapply(seq_along(beta), function(j) {
    step <- replace(0 * beta, j, 1e-5)
    (incidence(beta + step) - incidence(beta - step)) / 2e-5
  })
  p <- plogis(as.numeric(x %*% beta))
  information <- crossprod(x, x * (model$w * p * (1 - p)))
  score <- rowsum(x * (model$w * (model$stay - p)), factor(model$rating, seq_along(w)))
  through <- matrix(0, length(w), length(beta))
  through[as.integer(rownames(score)), ] <- score
  influence <- found$influence + as.numeric(through %*% solve(information, slopes))
  spread <- function(own) {
    placed <- numeric(nrow(every)); placed[keep] <- own
    sqrt(drop(recvar(cbind(placed), whole)))
  }
  unknown <- end$ending == 0 & end$time < YEAR
  bounds <- c(sum(w[end$ending == 1]), sum(w[end$ending == 1 | unknown])) / sum(w)
  bound <- function(hit, b) w * (hit - b) / sum(w)
  estimand <- if (competing) "converted_within_12m" else "converted_within_12m_any"
  add <- function(answer, estimate, error) data.frame(
    design = name, estimand = estimand, intent = case$intent, on = paste(case$on, collapse = " "),
    answer = answer, estimate = estimate, std_error = error)
  rows[[length(rows) + 1]] <- rbind(
    add("weighted", found$estimate, spread(influence)),
    add("weights_held", found$estimate, spread(found$influence)),
    add("bound_low", bounds[1], spread(bound(end$ending == 1, bounds[1]))),
    add("bound_high", bounds[2], spread(bound(end$ending == 1 | unknown, bounds[2]))))
}
write_csv(do.call(rbind, rows), "expected", "attrition_rates.csv")
