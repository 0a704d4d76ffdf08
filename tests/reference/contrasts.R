# Independent oracle for comparisons of domains: R package `survey`.
#
#   Rscript tests/reference/contrasts.R [OUTDIR]
#
# Writes OUTDIR/input/mix_*.csv              generated ratings with industry and discouraging
#        OUTDIR/expected/contrasts_*.csv     contrasts, Rao-Scott tests, standardisation, other estimands
# Takes inputs of estimation.R and designs.R too.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))

# ---------------------------------------------------------------------------------------------
# Input with industries
# ---------------------------------------------------------------------------------------------

# B2B and B2C differ in their mix of industries and countries. Industry L is B2B only, Q is B2C only
# in DK: no common support there.
with_industry <- function(data) {
  n <- nrow(data)
  b2b <- data$sector == "B2B"
  data$industry <- ifelse(b2b, sample(c("C", "G", "L", "Q"), n, TRUE, c(5, 2, 2, 1)),
                          sample(c("C", "G", "Q"), n, TRUE, c(2, 5, 3)))
  data$industry[b2b & data$country == "DK" & data$industry == "Q"] <- "C"
  up <- c(C = 0, G = 0.1, L = 0.2, Q = -0.1)[data$industry] + ifelse(b2b, 0.05, 0)
  flip <- runif(n) < abs(up)
  data$recommended_past_12m[flip] <- as.integer(up[flip] > 0)
  # Most of those with a score have 10, so that crossings are not empty.
  data$score[runif(n) < 0.35] <- 10L
  data$discouraged_past_12m <- some_missing(rbinom(n, 1L, plogis(0.5 - 0.4 * data$score)), 0.1)
  data
}

MIX <- c("industry", "discouraged_past_12m", "weight", "stratum", "psu")

set.seed(20240701)
psus <- c(3, 4, 7, 5, 6, 4, 8, 5)
data <- with_industry(strata_of_psus(psus, sample(12:30, sum(psus), TRUE)))
finish(data, "mix_stratified_clustered", MIX)

set.seed(20240702)
psus <- c(6, 5, 8, 9)
data <- with_industry(strata_of_psus(psus, sample(12:30, sum(psus), TRUE)))
data$fpc <- c(9, 30, 12, 60)[as.integer(sub("S", "", data$stratum))]
finish(data, "mix_fpc", c(MIX, "fpc"))

set.seed(20240703)
finish(with_industry(ratings(rep(1, 500))), "mix_srs", setdiff(MIX, c("weight", "stratum", "psu")))

# ---------------------------------------------------------------------------------------------
# Designs
# ---------------------------------------------------------------------------------------------

# Programmes as draws: a PSU is a programme, weights sum to the ratings of their programme.
programme_design <- function(data) {
  per_programme <- function(x) ave(x, data$programme, FUN = sum)
  data$rescaled <- data$weight / per_programme(data$weight) * per_programme(rep(1, nrow(data)))
  svydesign(ids = ~programme, weights = ~rescaled, data = data)
}

GIVEN <- c("srs", "clustered", "stratified_clustered", "domain_df", "fpc_stratified_clustered",
           "two_stage", "mix_stratified_clustered", "mix_fpc", "mix_srs")
designs <- lapply(setNames(nm = GIVEN), function(name) given_design(read_input(name)))
designs$programmes <- programme_design(read_input("programmes"))
target_of <- function(name) if (name == "programmes") "programmes_like_these" else "as_given"
scaling_of <- function(name) if (name == "programmes") "respondents" else "as_given"

base_of <- function(design) answered(design$variables) & design$variables$score == 10L

# Two-sided t test against zero; none without degrees of freedom, nor with a standard error of 0
# (which may be 1e-17 in R).
t_test <- function(estimate, std_error, df) {
  statistic <- ifelse(std_error > 1e-12, estimate / std_error, NA_real_)
  p <- ifelse(df >= 1 & is.finite(statistic), 2 * pt(-abs(statistic), pmax(df, 1)), NA_real_)
  list(statistic = ifelse(is.na(p), NA_real_, statistic), p_value = p)
}

# ---------------------------------------------------------------------------------------------
# All pairs of domains
# ---------------------------------------------------------------------------------------------

QUANTITIES <- list(
  difference = quote(a - b), ratio = quote(a / b),
  odds_ratio = quote(a / (1 - a) / (b / (1 - b))), log_ratio = quote(log(a) - log(b)),
  log_odds_ratio = quote(log(a / (1 - a)) - log(b / (1 - b))))

# svyby's joint covariance; each pair through svycontrast, the delta method of survey itself.
pairs_of <- function(name, by) {
  design <- designs[[name]]
  columns <- split_by(by)
  base <- base_of(design)
  joint <- svyby(~recommended_past_12m, reformulate(columns), subset(design, base), svymean, covmat = TRUE)
  domains <- as.data.frame(joint)[columns]
  keeps <- lapply(seq_len(nrow(domains)), function(d)
    Reduce(`&`, lapply(columns, function(column) design$variables[[column]] == domains[[column]][d]), base))
  again <- joint_means(design, keeps)
  stopifnot(max(abs(vcov(again) - vcov(joint))) < 1e-14, max(abs(coef(again) - coef(joint))) < 1e-14)
  means <- structure(setNames(as.numeric(coef(joint)), paste0("d", seq_along(keeps))), var = vcov(joint),
                     statistic = "mean", class = "svystat")
  pairs <- combn(length(keeps), 2)
  out <- do.call(rbind, lapply(seq_len(ncol(pairs)), function(k) {
    a <- pairs[1, k]
    b <- pairs[2, k]
    df <- as.integer(degf(subset(design, keeps[[a]] | keeps[[b]])))
    terms <- list(a = as.name(paste0("d", a)), b = as.name(paste0("d", b)))
    do.call(rbind, lapply(names(QUANTITIES), function(quantity) {
      value <- svycontrast(means, do.call(substitute, list(QUANTITIES[[quantity]], terms)))
      estimate <- as.numeric(coef(value))
      std_error <- suppressWarnings(as.numeric(SE(value)))
      # Logs and odds of a proportion of 0 or 1, and ratios to 0, are no numbers, though rounding may
      # make them look like some.
      y <- lapply(keeps[c(a, b)], function(keep) design$variables$recommended_past_12m[keep])
      zero <- sapply(y, function(y) all(y == 0))
      one <- sapply(y, function(y) all(y == 1))
      none <- switch(quantity, difference = FALSE, ratio = zero[2], log_ratio = any(zero), any(zero | one))
      if (none) estimate <- std_error <- NA_real_
      stopifnot(none || (is.finite(estimate) && is.finite(std_error)))
      side <- function(d, column)
        if (column %in% columns) domains[[column]][d] else NA_character_
      data.frame(design = name, target = target_of(name), weight_scaling = scaling_of(name), by = by,
                 sector = side(a, "sector"), country = side(a, "country"),
                 reference_sector = side(b, "sector"), reference_country = side(b, "country"),
                 quantity = quantity, estimate = estimate, std_error = std_error, df = df)
    }))
  }))
  # Ratio and odds ratio are tested on the log scale.
  tested <- !out$quantity %in% c("ratio", "odds_ratio")
  test <- t_test(out$estimate, out$std_error, out$df)
  out$statistic <- ifelse(tested, test$statistic, NA_real_)
  out$p_value <- ifelse(tested, test$p_value, NA_real_)
  adjusted <- function(method) ave(out$p_value, out$quantity, FUN = function(p) p.adjust(p, method))
  out$p_holm <- adjusted("holm")
  out$p_bh <- adjusted("BH")
  out
}

BY <- c("sector", "country", "sector,country")
pairs <- do.call(rbind, unlist(lapply(names(designs), function(name)
  lapply(BY, function(by) pairs_of(name, by))), recursive = FALSE))
write_csv(pairs, "expected", "contrasts_pairs.csv")

# The linear contrast as regression: domains as dummies in svyglm give the same difference and
# standard error.
local({
  base <- subset(designs$stratified_clustered, base_of(designs$stratified_clustered))
  fit <- svyglm(recommended_past_12m ~ sector, base)
  row <- pairs[pairs$design == "stratified_clustered" & pairs$by == "sector" & pairs$quantity == "difference", ]
  stopifnot(all.equal(-as.numeric(coef(fit)[2]), row$estimate, tolerance = 1e-12),
            all.equal(as.numeric(SE(fit)[2]), row$std_error, tolerance = 1e-12))
})

# ---------------------------------------------------------------------------------------------
# Rao-Scott tests of homogeneity
# ---------------------------------------------------------------------------------------------

# The same from log odds: L_d = log X_d - log(Z_d - X_d), X and Z the totals of the numerator and
# the base of domain d. Their covariance under the design (the domains' differences), against that
# of simple random sampling with as many ratings. An empty cell of the table drops out of L_d, as
# R sets its reciprocal to 0; then log X_d is that of the cell's share among all.
rao_scott_by_hand <- function(design, keeps, statistic) {
  w <- weights(design)
  all <- as.numeric(Reduce(`|`, keeps))
  y <- ifelse(all == 1, design$variables$recommended_past_12m, 0)
  n <- sum(all)
  whole <- sum(w * all)
  log_share <- function(member) if (!any(member == 1)) 0 * w else w * (member / sum(w * member) - all / whole)
  share <- function(member) sum(w * member) / whole
  inverse <- function(p) if (p == 0) 0 else 1 / p
  log_odds <- recvar(sapply(keeps, function(keep) log_share(keep * y) - log_share(keep * (1 - y))), design)
  simple <- diag(sapply(keeps, function(keep) inverse(share(keep * y)) + inverse(share(keep * (1 - y))))) / n
  against_first <- cbind(-1, diag(length(keeps) - 1))
  delta <- solve(against_first %*% simple %*% t(against_first), against_first %*% log_odds %*% t(against_first))
  ndf <- sum(diag(delta))^2 / sum(diag(delta %*% delta))
  of_domain <- sapply(keeps, share)
  p <- sapply(keeps, function(keep) share(keep * y)) / of_domain
  pooled <- share(y)
  pearson <- n * sum(of_domain * (p - pooled)^2) / (pooled * (1 - pooled))
  if (statistic == "F") c(pearson / sum(diag(delta)), ndf) else c(pearson, length(p) - 1)
}

rao_scott_of <- function(name, by, statistic) {
  design <- designs[[name]]
  base <- base_of(design)
  design <- update(design, domain = do.call(paste, c(design$variables[split_by(by)], sep = "|")))
  domain <- subset(design, base)
  test <- svychisq(~recommended_past_12m + domain, domain, statistic = statistic)
  keeps <- lapply(sort(unique(domain$variables$domain)), function(d) base & design$variables$domain == d)
  proportions <- coef(joint_means(design, keeps))
  hand <- rao_scott_by_hand(design, keeps, statistic)
  stopifnot(all.equal(as.numeric(c(test$statistic, test$parameter[1])), hand, tolerance = 1e-9))
  data.frame(design = name, target = target_of(name), weight_scaling = scaling_of(name), by = by,
             method = statistic, domains = length(keeps), boundary = as.integer(!all(proportions > 0 & proportions < 1)),
             n = sum(base), statistic = as.numeric(test$statistic), ndf = as.numeric(test$parameter[1]),
             ddf = if (statistic == "F") as.numeric(test$parameter[2]) else NA_real_,
             df = as.integer(degf(domain)), p_value = as.numeric(test$p.value))
}

rao_scott <- do.call(rbind, unlist(lapply(names(designs), function(name)
  unlist(lapply(BY, function(by) lapply(c("F", "Chisq"), function(statistic)
    rao_scott_of(name, by, statistic))), recursive = FALSE)), recursive = FALSE))
write_csv(rao_scott, "expected", "contrasts_rao_scott.csv")

# ---------------------------------------------------------------------------------------------
# Standardised difference of B2B and B2C (Kitagawa)
# ---------------------------------------------------------------------------------------------

# Cells j of the standardising columns with ratings of both sectors in the base: the common
# support J. Totals X_sj of the numerator, Z_sj of the base; rates p_sj = X_sj / Z_sj; mixes
# m_sj = Z_sj / sum_J Z_sj. Over J:
#   raw  = sum m_Bj p_Bj - sum m_Cj p_Cj
#   rate = sum (m_Bj + m_Cj) / 2 (p_Bj - p_Cj)      (the standardised difference)
#   mix  = sum (m_Bj - m_Cj) (p_Bj + p_Cj) / 2      raw = rate + mix
# All totals are estimated, so the mixes are too. J is taken as given. `whole` is the difference of
# the two rates over all cells.
standardised <- function(totals) {
  k <- length(totals) / 4
  x <- matrix(totals[1:(2 * k)], k)
  z <- matrix(totals[2 * k + 1:(2 * k)], k)
  p <- x / z
  m <- sweep(z, 2, colSums(z), "/")
  common <- rowMeans(m)
  c(raw = sum(m[, 1] * p[, 1]) - sum(m[, 2] * p[, 2]),
    rate = sum(common * (p[, 1] - p[, 2])),
    mix = sum((m[, 1] - m[, 2]) * rowMeans(p)),
    standardised_b2b = sum(common * p[, 1]),
    standardised_b2c = sum(common * p[, 2]))
}

# Gradients written out, one column a quantity, rows in the order of the totals: X_B, X_C, Z_B, Z_C.
standardised_gradient <- function(totals) {
  k <- length(totals) / 4
  x <- matrix(totals[1:(2 * k)], k)
  z <- matrix(totals[2 * k + 1:(2 * k)], k)
  p <- x / z
  n <- colSums(z)
  m <- sweep(z, 2, n, "/")
  common <- rowMeans(m)
  through_rates <- function(weight, s) {  # d sum_j weight_j p_sj
    out <- matrix(0, k, 4)
    out[, s] <- weight / z[, s]
    out[, 2 + s] <- -weight * p[, s] / z[, s]
    out
  }
  through_mix <- function(value, s) {     # d sum_j m_sj value_j
    out <- matrix(0, k, 4)
    out[, 2 + s] <- (value - sum(m[, s] * value)) / n[s]
    out
  }
  b2b <- through_rates(common, 1) + through_mix(p[, 1] / 2, 1) + through_mix(p[, 1] / 2, 2)
  b2c <- through_rates(common, 2) + through_mix(p[, 2] / 2, 1) + through_mix(p[, 2] / 2, 2)
  own <- function(s) through_rates(m[, s], s) + through_mix(p[, s], s)
  raw <- own(1) - own(2)
  sapply(list(raw = raw, rate = b2b - b2c, mix = raw - (b2b - b2c), standardised_b2b = b2b,
              standardised_b2c = b2c), as.vector)
}

# Richardson-extrapolated central differences.
numeric_gradient <- function(f, at) sapply(seq_along(at), function(i) {
  central <- function(h) {
    up <- down <- at
    up[i] <- at[i] + h
    down[i] <- at[i] - h
    (f(up) - f(down)) / (2 * h)
  }
  h <- at[i] * 1e-3
  if (h == 0) h <- mean(at) * 1e-3
  (4 * central(h / 2) - central(h)) / 3
})

standardise <- function(name, by) {
  design <- designs[[name]]
  data <- design$variables
  base <- base_of(design)
  cell <- do.call(paste, c(data[split_by(by)], sep = "|"))
  support <- lapply(c("B2B", "B2C"), function(sector) unique(cell[base & data$sector == sector]))
  common <- sort(intersect(support[[1]], support[[2]]))
  inside <- base & cell %in% common
  z <- do.call(cbind, lapply(c("B2B", "B2C"), function(sector)
    outer(cell, common, "==") * (base & data$sector == sector)))
  x <- z * ifelse(base, data$recommended_past_12m, 0)
  columns <- cbind(x, z)
  colnames(columns) <- paste0("t", seq_len(ncol(columns)))
  totals <- svytotal(columns, design)
  at <- as.numeric(coef(totals))
  value <- standardised(at)
  gradient <- standardised_gradient(at)
  v <- t(gradient) %*% vcov(totals) %*% gradient
  # By numeric derivative, and by linearised variables: one variable a quantity, its svytotal.
  numeric <- t(numeric_gradient(standardised, at))
  stopifnot(max(abs(numeric - gradient) * at) < 1e-7, abs(value["raw"] - value["rate"] - value["mix"]) < 1e-14)
  stopifnot(max(abs(vcov(svytotal(columns %*% gradient, design)) - v)) < 1e-14)
  both <- joint_means(design, list(b2b = base & data$sector == "B2B", b2c = base & data$sector == "B2C"))
  whole <- svycontrast(both, quote(b2b - b2c))
  inside_means <- joint_means(design, list(b2b = inside & data$sector == "B2B", b2c = inside & data$sector == "B2C"))
  raw <- svycontrast(inside_means, quote(b2b - b2c))
  stopifnot(all.equal(as.numeric(c(coef(raw), SE(raw))), as.numeric(c(value["raw"], sqrt(v["raw", "raw"]))), tolerance = 1e-10))
  df <- as.integer(degf(subset(design, inside)))
  estimate <- c(value, whole = as.numeric(coef(whole)))
  std_error <- c(sqrt(diag(v)), whole = as.numeric(SE(whole)))
  dfs <- c(rep(df, length(value)), as.integer(degf(subset(design, base))))
  test <- t_test(estimate, std_error, dfs)
  tested <- names(estimate) %in% c("raw", "rate", "mix", "whole")
  share_out <- function(keep) sum(weights(design)[keep & !inside]) / sum(weights(design)[keep])
  data.frame(design = name, target = target_of(name), weight_scaling = scaling_of(name), standardise = by,
             quantity = names(estimate), estimate = as.numeric(estimate), std_error = as.numeric(std_error), df = dfs,
             statistic = ifelse(tested, test$statistic, NA_real_), p_value = ifelse(tested, test$p_value, NA_real_),
             cells = length(union(support[[1]], support[[2]])), common_cells = length(common), n = sum(inside),
             excluded = share_out(base), excluded_b2b = share_out(base & data$sector == "B2B"),
             excluded_b2c = share_out(base & data$sector == "B2C"))
}

industrial <- c("mix_stratified_clustered", "mix_fpc", "mix_srs", "programmes")
write_csv(do.call(rbind, c(
  unlist(lapply(industrial, function(name) lapply(c("industry", "country", "industry,country"), function(by)
    standardise(name, by))), recursive = FALSE),
  lapply(c("stratified_clustered", "two_stage", "domain_df"), standardise, by = "country"))),
  "expected", "contrasts_standardised.csv")

# ---------------------------------------------------------------------------------------------
# Other estimands
# ---------------------------------------------------------------------------------------------

# Numerator and base of each, as METHODS has them; y recommended, u discouraged, s the score.
ESTIMANDS <- list(
  nps = list(quote((s >= 9) - (s <= 6)), quote(!is.na(s))),
  mean_score = list(quote(s), quote(!is.na(s))),
  intent_share = list(quote(s == 10), quote(!is.na(s))),
  true_advocates = list(quote(s == 10 & y == 1), quote(!is.na(s) & !is.na(y))),
  recommender_share = list(quote(y), quote(!is.na(y))),
  discourager_share = list(quote(u), quote(!is.na(u))),
  discouraged_past_12m = list(quote(u), quote(!is.na(u) & !is.na(s) & s == 10)),
  earned_advocacy = list(quote(y - u), quote(!is.na(y) & !is.na(u))),
  promoter_share_of_recommenders = list(quote(s >= 9), quote(!is.na(s) & !is.na(y) & y == 1)),
  stated_likelihood_gap = list(quote(s / 10 - y), quote(!is.na(s) & !is.na(y))))

estimand_of <- function(name, estimand, by) {
  design <- designs[[name]]
  data <- design$variables
  names <- list(s = data$score, y = data$recommended_past_12m, u = data$discouraged_past_12m)
  value <- as.numeric(eval(ESTIMANDS[[estimand]][[1]], names))
  base <- eval(ESTIMANDS[[estimand]][[2]], names)
  design <- update(design, value = ifelse(base, value, 0), inside = as.numeric(base))
  rows <- crossings(data, split_by(by))
  do.call(rbind, lapply(seq_len(nrow(rows)), function(i) {
    keep <- base & Reduce(`&`, lapply(split_by(by), function(column) data[[column]] == rows[[column]][i]), TRUE)
    domain <- subset(design, keep)
    mean <- svymean(~value, domain)
    ratio <- svyratio(~value, ~inside, update(design, value = value * keep, inside = as.numeric(keep)))
    stopifnot(abs(coef(ratio) - coef(mean)) < 1e-12, abs(SE(ratio) - SE(mean)) < 1e-12)
    data.frame(design = name, target = target_of(name), weight_scaling = scaling_of(name), estimand = estimand,
               by = by, sector = if (by == "sector") rows$sector[i] else NA_character_,
               country = if (by == "country") rows$country[i] else NA_character_, n = sum(keep),
               estimate = as.numeric(coef(mean)), std_error = as.numeric(SE(mean)), df = as.integer(degf(domain)))
  }))
}

discouraging <- function(name) !is.null(designs[[name]]$variables$discouraged_past_12m)
needs_u <- c("discourager_share", "discouraged_past_12m", "earned_advocacy")
write_csv(do.call(rbind, unlist(lapply(names(designs), function(name)
  unlist(lapply(names(ESTIMANDS), function(estimand) if (discouraging(name) || !estimand %in% needs_u)
    lapply(c("", "sector", "country"), function(by) estimand_of(name, estimand, by))), recursive = FALSE)),
  recursive = FALSE)), "expected", "contrasts_estimands.csv")
