# Independent oracle for the curve over scores 0 to 10: R package `survey`.
#
#   Rscript tests/reference/curve.R [OUTDIR]
#
# Writes OUTDIR/expected/curve_*.csv: rate by score, isotonic, logistic and spline fit, 9 against 10,
# AUC, cut-points. Takes inputs of estimation.R and designs.R.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))

NAMES <- c("clustered", "stratified_clustered", "missing_behaviour", "fpc_stratified_clustered", "two_stage")
SCORES <- 0:10

designs <- lapply(setNames(nm = NAMES), function(name) given_design(read_input(name)))
groups <- unlist(lapply(NAMES, function(name) lapply(c(NA, "B2B", "B2C"), function(sector) {
  data <- designs[[name]]$variables
  list(design = name, sector = as.character(sector), keep = answered(data) & (is.na(sector) | data$sector == sector))
})), recursive = FALSE)
each_group <- function(f) do.call(rbind, lapply(groups, function(group) {
  rows <- f(designs[[group$design]], group$keep)
  if (is.null(rows)) NULL else cbind(design = group$design, sector = group$sector, rows)
}))

# ---------------------------------------------------------------------------------------------
# Rate by score, joint covariance, 9 against 10
# ---------------------------------------------------------------------------------------------

keeps_of <- function(design, keep) {
  keeps <- lapply(SCORES, function(score) keep & design$variables$score %in% score)
  setNames(keeps, paste0("s", SCORES))[sapply(keeps, any)]
}
scores_in <- function(keeps) as.integer(sub("s", "", names(keeps)))

joint_of <- function(design, keep) {
  keeps <- keeps_of(design, keep)
  joint <- joint_means(design, keeps)
  by_svyby <- svyby(~recommended_past_12m, ~score, subset(design, keep), svymean, covmat = TRUE)
  stopifnot(max(abs(vcov(by_svyby) - vcov(joint))) < 1e-14, by_svyby$score == scores_in(keeps))
  joint
}

write_csv(each_group(function(design, keep) {
  keeps <- keeps_of(design, keep)
  joint <- joint_of(design, keep)
  data.frame(score = scores_in(keeps), n = as.integer(sapply(keeps, sum)),
             weight = sapply(keeps, function(k) sum(weights(design)[k])), estimate = as.numeric(coef(joint)),
             std_error = as.numeric(SE(joint)), df = as.integer(sapply(keeps, function(k) degf(subset(design, k)))))
}), "expected", "curve_rates.csv")

write_csv(each_group(function(design, keep) {
  joint <- joint_of(design, keep)
  scores <- scores_in(coef(joint))
  pair <- all_pairs(length(scores))
  data.frame(row_score = scores[pair$i], col_score = scores[pair$j], covariance = vcov(joint)[cbind(pair$i, pair$j)])
}), "expected", "curve_covariance.csv")

write_csv(each_group(function(design, keep) {
  joint <- joint_of(design, keep)
  score <- design$variables$score
  df <- as.integer(degf(subset(design, keep & score %in% 9:10)))
  do.call(rbind, lapply(c("difference", "log_odds_ratio"), function(quantity) {
    value <- svycontrast(joint, if (quantity == "difference") quote(s10 - s9) else
      quote(log(s10 / (1 - s10)) - log(s9 / (1 - s9))))
    estimate <- as.numeric(coef(value))
    std_error <- as.numeric(SE(value))
    data.frame(quantity = quantity, score = 10L, reference = 9L, estimate = estimate, std_error = std_error, df = df,
               statistic = estimate / std_error, p_value = 2 * pt(-abs(estimate / std_error), df))
  }))
}), "expected", "curve_nine_ten.csv")

# ---------------------------------------------------------------------------------------------
# Isotonic fit
# ---------------------------------------------------------------------------------------------

# Weighted least squares among rising curves, weights the sums of weights of each score. Pooling of
# adjacent violators; checked against the max-min formula.
isotonic <- function(value, weight) {
  level <- value
  mass <- weight
  size <- rep(1L, length(value))
  i <- 1
  while (i < length(level)) {
    if (level[i] <= level[i + 1]) {
      i <- i + 1
    } else {
      level[i] <- (mass[i] * level[i] + mass[i + 1] * level[i + 1]) / (mass[i] + mass[i + 1])
      mass[i] <- mass[i] + mass[i + 1]
      size[i] <- size[i] + size[i + 1]
      level <- level[-(i + 1)]
      mass <- mass[-(i + 1)]
      size <- size[-(i + 1)]
      if (i > 1) i <- i - 1
    }
  }
  data.frame(fit = rep(level, size), block = rep(seq_along(level), size))
}

max_min <- function(value, weight) {
  mean_of <- function(i, j) weighted.mean(value[i:j], weight[i:j])
  k <- length(value)
  sapply(seq_len(k), function(t) max(sapply(1:t, function(i) min(sapply(t:k, function(j) mean_of(i, j))))))
}

write_csv(each_group(function(design, keep) {
  keeps <- keeps_of(design, keep)
  weight <- sapply(keeps, function(k) sum(weights(design)[k]))
  rate <- as.numeric(coef(joint_means(design, keeps)))
  fit <- isotonic(rate, weight)
  stopifnot(max(abs(fit$fit - max_min(rate, weight))) < 1e-14)
  data.frame(score = scores_in(keeps), weight = weight, rate = rate, isotonic = fit$fit, block = as.integer(fit$block))
}), "expected", "curve_isotonic.csv")

# ---------------------------------------------------------------------------------------------
# Logistic, quadratic and spline
# ---------------------------------------------------------------------------------------------

# Natural cubic spline with knots at 5 and 8 and boundaries 0 and 10: 3 columns, beside a constant.
# Fitted values depend on the space only, coefficients on this basis.
spline <- splines::ns(SCORES, knots = c(5, 8), Boundary.knots = c(0, 10))
spline <- matrix(as.numeric(spline), nrow = length(SCORES))
write_csv(data.frame(score = SCORES, b1 = spline[, 1], b2 = spline[, 2], b3 = spline[, 3]),
          "expected", "curve_spline_basis.csv")

BASES <- list(linear = cbind(1, SCORES), quadratic = cbind(1, SCORES, SCORES^2), spline = cbind(1, spline))
TERMS <- list(linear = c("(Intercept)", "score"), quadratic = c("(Intercept)", "score", "score^2"),
              spline = c("(Intercept)", "b1", "b2", "b3"))

fit_model <- function(design, keep, model) {
  rows <- BASES[[model]][design$variables$score + 1, , drop = FALSE]
  columns <- paste0("x", seq_len(ncol(rows)))
  design$variables[columns] <- as.data.frame(rows)
  # R takes the covariance at the weights of the last but one iteration, up to 3e-7 off: so once
  # more, from the solution.
  from <- function(start) svyglm(
    reformulate(c("0", columns), "recommended_past_12m"), subset(design, keep), family = quasibinomial(),
    start = start, control = glm.control(epsilon = 1e-15, maxit = 200))
  fit <- from(coef(from(NULL)))
  # By hand: the score equations hold, and the sandwich over the full design is the covariance.
  x <- rows[keep, , drop = FALSE]
  w <- weights(design)[keep]
  p <- plogis(as.numeric(x %*% coef(fit)))
  residual <- design$variables$recommended_past_12m[keep] - p
  stopifnot(max(abs(crossprod(x, w * residual)) / crossprod(abs(x), w)) < 1e-10)
  bread <- solve(crossprod(x * w * p * (1 - p), x))
  influence <- matrix(0, nrow(rows), ncol(rows))
  influence[keep, ] <- (x * w * residual) %*% bread
  v <- recvar(influence, design)
  stopifnot(max(abs(v / vcov(fit) - 1)) < 1e-9)
  list(coefficients = as.numeric(coef(fit)), covariance = matrix(vcov(fit), ncol(x)), df = as.integer(degf(subset(design, keep))),
       df_residual = as.integer(fit$df.residual))
}

models <- lapply(groups, function(group) lapply(setNames(nm = names(BASES)), function(model)
  fit_model(designs[[group$design]], group$keep, model)))
each_model <- function(f) do.call(rbind, lapply(seq_along(groups), function(g) do.call(rbind, lapply(names(BASES), function(model)
  cbind(design = groups[[g]]$design, sector = groups[[g]]$sector, model = model, f(models[[g]][[model]], model))))))

# `df` is PSUs less strata; `df_residual` that of svyglm, df + 1 less the number of coefficients.
write_csv(each_model(function(fit, model) {
  std_error <- sqrt(diag(fit$covariance))
  statistic <- fit$coefficients / std_error
  data.frame(term = TERMS[[model]], estimate = fit$coefficients, std_error = std_error, df = fit$df,
             df_residual = fit$df_residual, statistic = statistic, p_value = 2 * pt(-abs(statistic), fit$df_residual))
}), "expected", "curve_logistic.csv")

write_csv(each_model(function(fit, model) {
  pair <- all_pairs(length(fit$coefficients))
  data.frame(row_term = TERMS[[model]][pair$i], col_term = TERMS[[model]][pair$j],
             covariance = fit$covariance[cbind(pair$i, pair$j)])
}), "expected", "curve_logistic_covariance.csv")

write_csv(each_model(function(fit, model) {
  x <- BASES[[model]]
  eta <- as.numeric(x %*% fit$coefficients)
  logit_se <- sqrt(rowSums((x %*% fit$covariance) * x))
  p <- plogis(eta)
  data.frame(score = SCORES, logit = eta, logit_std_error = logit_se, fitted = p, std_error = p * (1 - p) * logit_se)
}), "expected", "curve_fitted.csv")

# ---------------------------------------------------------------------------------------------
# AUC of the score for having recommended, and cut-points
# ---------------------------------------------------------------------------------------------

# Share of pairs of a recommender and another, by the product of their weights, in which the
# recommender's score is the higher one; ties count half.
auc <- function(w, score, y) {
  one <- tapply(w * y, factor(score, SCORES), sum, default = 0)
  none <- tapply(w * (1 - y), factor(score, SCORES), sum, default = 0)
  below <- cumsum(none) - none
  sum(one * (below + none / 2)) / (sum(one) * sum(none))
}
auc_of_pairs <- function(w, score, y) {
  wins <- outer(score[y == 1], score[y == 0], function(a, b) (a > b) + (a == b) / 2)
  pairs <- outer(w[y == 1], w[y == 0])
  sum(wins * pairs) / sum(pairs)
}

# Standard error by the jackknife (JK1 without strata, else JKn; fpc of the first stage), and beside
# it by linearization, from the totals by score.
write_csv(each_group(function(design, keep) {
  data <- design$variables
  replicated <- subset(suppressWarnings(as.svrepdesign(design, compress = FALSE)), keep)
  theta <- function(w, d) auc(w, d$score, d$recommended_past_12m)
  by_mean <- withReplicates(replicated, theta)
  replicated$mse <- TRUE
  by_estimate <- withReplicates(replicated, theta)
  estimate <- as.numeric(by_mean)
  w <- weights(design)[keep]
  y <- data$recommended_past_12m[keep]
  score <- data$score[keep]
  stopifnot(abs(auc_of_pairs(w, score, y) - estimate) < 1e-12)
  # Placement of a rating among those of the other kind; its influence is weight times placement
  # less the mean, over the weight of its own kind.
  placement <- sapply(seq_along(y), function(i) {
    other <- y != y[i]
    above <- (score[i] > score[other]) + (score[i] == score[other]) / 2
    if (y[i] == 1) weighted.mean(above, w[other]) else weighted.mean(1 - above, w[other])
  })
  influence <- numeric(nrow(data))
  influence[keep] <- w * (placement - estimate) / ifelse(y == 1, sum(w[y == 1]), sum(w[y == 0]))
  data.frame(n = sum(keep), n_recommended = as.integer(sum(y)), auc = estimate,
             jackknife_se = as.numeric(SE(by_mean)), jackknife_se_mse = as.numeric(SE(by_estimate)),
             linearized_se = sqrt(as.numeric(recvar(influence, design))), df = as.integer(degf(subset(design, keep))))
}), "expected", "curve_auc.csv")

# Those at or above the cut are taken to have recommended. `best` has the largest Youden index.
write_csv(each_group(function(design, keep) {
  w <- weights(design)[keep]
  y <- design$variables$recommended_past_12m[keep]
  score <- design$variables$score[keep]
  cut <- 1:10
  sensitivity <- sapply(cut, function(at) weighted.mean(score[y == 1] >= at, w[y == 1]))
  specificity <- sapply(cut, function(at) weighted.mean(score[y == 0] < at, w[y == 0]))
  youden <- sensitivity + specificity - 1
  stopifnot(sum(youden > max(youden) - 1e-9) == 1)
  data.frame(cut = cut, sensitivity = sensitivity, specificity = specificity, youden = youden,
             best = as.integer(youden == max(youden)))
}), "expected", "curve_cutpoint.csv")
