# Independent oracle for movements over waves: R packages `survey` and `metafor`.
#
#   Rscript tests/reference/movement.R [OUTDIR]
#
# Writes OUTDIR/input/movement_*.csv, ratings of contrasts.R's designs with a wave, so that PSUs are in
# several waves, and OUTDIR/expected/movement_*.csv: values and movements with their joint covariance,
# Kitagawa's parts as contrasts of totals, random-effects models of the series, and
# differences-in-differences as interactions of `svyglm`.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
suppressPackageStartupMessages(library(metafor))
set.seed(20261129)

WAVES <- paste0("w", 1:5)
NAMES <- c("mix_stratified_clustered", "mix_fpc", "mix_srs")
for (name in NAMES) {
  data <- read_input(name)
  # Scores rise a little, and the mix of sectors with them.
  late <- data$score %in% 8:10 | data$sector == "B2B"
  draw <- function(p) sample(WAVES, nrow(data), TRUE, p)
  data$wave <- ifelse(late, draw(c(1, 1, 1.2, 1.4, 1.4)), draw(c(1.3, 1.2, 1, 1, 0.8)))
  save_input(data, paste0("movement_", name))
}

MEASURES <- list(
  nps = function(d) (d$score >= 9) - (d$score <= 6),
  mean_score = function(d) as.numeric(d$score),
  intent_share = function(d) as.numeric(d$score == 10),
  recommended_past_12m = function(d) ifelse(d$score %in% 10, d$recommended_past_12m, NA),
  earned_advocacy = function(d) d$recommended_past_12m - d$discouraged_past_12m)

# rma.mv ends its search at 1e-8 of the likelihood: the variance to the root of the slope beside it.
polished <- function(y, v, k, model) {
  slope <- function(tau2) {
    inverse <- solve(v + tau2 * k)
    p <- inverse - inverse %*% matrix(1, length(y), length(y)) %*% inverse / sum(inverse)
    drop(t(y) %*% p %*% k %*% p %*% y) - sum(diag(p %*% k))
  }
  if (slope(0) <= 0 && model$sigma2 < 1e-7) return(0)
  near <- model$sigma2 * c(0.97, 1.03)
  uniroot(slope, near, tol = 1e-18, maxiter = 1000)$root
}

levels_rows <- list(); covariances <- list(); parts <- list(); models <- list(); changes <- list()
for (name in NAMES) {
  design <- given_design(read_input(paste0("movement_", name)))
  for (measure in names(MEASURES)) {
    y <- MEASURES[[measure]](design$variables)
    own <- update(design, y = y, known = !is.na(y))
    keeps <- lapply(WAVES, function(w) own$variables$known & own$variables$wave == w)
    names(keeps) <- WAVES
    joint <- joint_means(own, keeps, own$variables$y)
    v <- attr(joint, "var")
    by <- svyby(~y, ~wave, subset(own, known), svymean, covmat = TRUE)
    stopifnot(max(abs(coef(by) - coef(joint))) < 1e-12, max(abs(vcov(by) - v)) < 1e-12)
    row <- function(wave, quantity, found) data.frame(
      design = name, measure = measure, wave = wave, quantity = quantity,
      estimate = as.numeric(coef(found)), std_error = as.numeric(SE(found)))
    for (w in WAVES) levels_rows[[length(levels_rows) + 1]] <- row(
      w, "level", svymean(~y, subset(own, known & wave == w)))
    for (i in 2:5) {
      difference <- replace(replace(numeric(5), i, 1), i - 1, -1)
      levels_rows[[length(levels_rows) + 1]] <- row(WAVES[i], "movement", svycontrast(by, difference))
    }
    covariances[[length(covariances) + 1]] <- data.frame(
      design = name, measure = measure, i = all_pairs(5)$i, j = all_pairs(5)$j,
      covariance = v[cbind(all_pairs(5)$i, all_pairs(5)$j)])

    # Kitagawa over sectors, from totals of x and z by sector in each of two waves.
    for (i in 2:5) {
      cells <- expand.grid(wave = c("A", "B"), sector = c("B2B", "B2C"), stringsAsFactors = FALSE)
      of <- c(A = WAVES[i], B = WAVES[i - 1])
      base <- own
      for (k in seq_len(nrow(cells))) {
        inside <- own$variables$known & own$variables$wave == of[cells$wave[k]] &
          own$variables$sector == cells$sector[k]
        inside[is.na(inside)] <- FALSE
        base$variables[[paste0("z", k)]] <- as.numeric(inside)
        base$variables[[paste0("x", k)]] <- ifelse(inside, own$variables$y, 0)
      }
      sums <- svytotal(~x1 + x2 + x3 + x4 + z1 + z2 + z3 + z4, base)
      found <- svycontrast(sums, list(
        rate_part = quote((z1 / (z1 + z3) + z2 / (z2 + z4)) / 2 * (x1 / z1 - x2 / z2) +
                          (z3 / (z1 + z3) + z4 / (z2 + z4)) / 2 * (x3 / z3 - x4 / z4)),
        mix_part = quote((z1 / (z1 + z3) - z2 / (z2 + z4)) * (x1 / z1 + x2 / z2) / 2 +
                         (z3 / (z1 + z3) - z4 / (z2 + z4)) * (x3 / z3 + x4 / z4) / 2)))
      parts[[length(parts) + 1]] <- data.frame(
        design = name, measure = measure, wave = WAVES[i], quantity = names(coef(found)),
        estimate = as.numeric(coef(found)), std_error = as.numeric(SE(found)))
    }

    # Models of the series: true values around one level, or steps (a known correlation, to which a
    # constant adds nothing under REML); with the variances alone, the interval of tau^2 by its Q.
    values <- as.numeric(coef(joint))
    one <- data.frame(values = values, wave = factor(WAVES, WAVES))
    level <- rma.mv(values, V = v, random = ~ 1 | wave, data = one)
    k <- outer(1:5, 1:5, pmin); dimnames(k) <- list(WAVES, WAVES)
    step <- rma.mv(values, V = v, random = ~ 1 | wave, data = one, R = list(wave = k), Rscale = 0)
    alone <- rma(values, diag(v), method = "REML",
                 control = list(threshold = 1e-14, maxiter = 10000, stepadj = 0.5, tau2.max = 1e4))
    limits <- confint(alone, control = list(tol = 1e-14, tau2.max = 1e4))$random["tau^2", ]
    models[[length(models) + 1]] <- data.frame(
      design = name, measure = measure, level_variance = polished(values, v, diag(5), level), level_mean = as.numeric(level$beta),
      level_error = level$se, step_variance = polished(values, v, k, step), diagonal_variance = alone$tau2,
      diagonal_low = as.numeric(limits["ci.lb"]), diagonal_high = as.numeric(limits["ci.ub"]))

    # Waves 4 and 5 after a change that B2B had: an interaction; and each wave against wave 3.
    whole <- subset(own, known & !is.na(sector))
    whole <- update(whole, treated = as.numeric(sector == "B2B"), after = as.numeric(wave %in% c("w4", "w5")),
                    period = relevel(factor(wave), "w3"))
    both <- svyglm(y ~ treated * after, whole)
    each <- svyglm(y ~ treated * period, whole)
    at <- paste0("treated:period", c("w1", "w2", "w4", "w5"))
    changes[[length(changes) + 1]] <- data.frame(
      design = name, measure = measure, quantity = c("effect", rep("event", 4)),
      wave = c("", "w1", "w2", "w4", "w5"),
      estimate = as.numeric(c(coef(both)["treated:after"], coef(each)[at])),
      std_error = as.numeric(c(SE(both)["treated:after"], SE(each)[at])))
  }
}
write_csv(do.call(rbind, levels_rows), "expected", "movement_series.csv")
write_csv(do.call(rbind, covariances), "expected", "movement_covariance.csv")
write_csv(do.call(rbind, parts), "expected", "movement_parts.csv")
write_csv(do.call(rbind, models), "expected", "movement_models.csv")
write_csv(do.call(rbind, changes), "expected", "movement_changes.csv")
