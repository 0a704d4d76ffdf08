# Independent oracle for logistic models of having recommended: R package `survey`.
#
#   Rscript tests/reference/regression.R [OUTDIR]
#
# Writes OUTDIR/input/regression_<design>.csv, which are inputs of estimation.R and designs.R with
# three more columns, and OUTDIR/expected/regression_*.csv.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
set.seed(20260305)

NAMES <- c("srs", "stratified", "clustered", "stratified_clustered", "fpc_stratified_clustered", "two_stage",
           "programmes")

# ---------------------------------------------------------------------------------------------
# Input: satisfaction is continuous, wow_moments a count, channel has three levels
# ---------------------------------------------------------------------------------------------

for (name in NAMES) {
  data <- read_input(name)
  n <- nrow(data)
  level <- ifelse(is.na(data$score), 7, data$score)
  data$satisfaction <- some_missing(round(pmin(7, pmax(1, 1 + level / 2 + rnorm(n))), 3), 0.04)
  data$wow_moments <- as.integer(rbinom(n, 3, ifelse(data$recommended_past_12m %in% 1L, 0.45, 0.3)))
  data$channel <- some_missing(sample(c("phone", "shop", "web"), n, TRUE), 0.02)
  save_input(data, paste0("regression_", name))
}

read_regression <- function(name) {
  data <- read_input(paste0("regression_", name))
  for (column in c("satisfaction", "wow_moments")) data[[column]] <- as.numeric(data[[column]])
  data
}

# Programmes are PSUs; the weights of each sum to its number of ratings.
design_of <- function(name) {
  data <- read_regression(name)
  if (name != "programmes") return(given_design(data))
  data$weight <- data$weight * ave(data$weight, data$programme, FUN = length) /
    ave(data$weight, data$programme, FUN = sum)
  svydesign(ids = ~programme, weights = ~weight, data = data)
}

# ---------------------------------------------------------------------------------------------
# Models
# ---------------------------------------------------------------------------------------------

# Among those who score 10, or among all with a score where the score is in the model.
MODELS <- list(
  segments = c("sector", "country"),
  counts = c("wow_moments", "sector"),
  score = c("score", "sector", "country"),
  continuous = c("score", "satisfaction", "wow_moments", "channel"))

fit_model <- function(design, columns) {
  data <- design$variables
  keep <- answered(data) & complete.cases(data[columns]) & ("score" %in% columns | data$score == 10L)
  # R takes the covariance at the weights of the last but one iteration, up to 3e-7 off: so once
  # more, from the solution.
  from <- function(start) svyglm(
    reformulate(columns, "recommended_past_12m"), subset(design, keep), family = quasibinomial(), start = start,
    control = glm.control(epsilon = 1e-15, maxit = 200))
  fit <- from(coef(from(NULL)))
  # By hand: the score equations hold, and the sandwich over the full design is the covariance.
  x <- model.matrix(reformulate(columns), data[keep, ])
  w <- weights(design)[keep]
  p <- plogis(as.numeric(x %*% coef(fit)))
  residual <- data$recommended_past_12m[keep] - p
  stopifnot(max(abs(crossprod(x, w * residual)) / crossprod(abs(x), w)) < 1e-10)
  influence <- matrix(0, nrow(data), ncol(x))
  influence[keep, ] <- (x * w * residual) %*% solve(crossprod(x * w * p * (1 - p), x))
  stopifnot(max(abs(recvar(influence, design) / vcov(fit) - 1)) < 1e-8)
  list(fit = fit, n = sum(keep), df = as.integer(degf(subset(design, keep))))
}

# Where a segment's level is: R writes its name behind the variable's.
term_of <- function(names, columns) {
  segment <- intersect(columns, c("sector", "country", "channel"))
  term <- names
  level <- rep("", length(names))
  for (column in segment) {
    own <- startsWith(names, column)
    term[own] <- column
    level[own] <- sub(column, "", names[own], fixed = TRUE)
  }
  data.frame(term = ifelse(term == "(Intercept)", "intercept", term), level = level)
}

designs <- lapply(setNames(nm = NAMES), design_of)
models <- lapply(designs, function(design) lapply(MODELS, function(columns) fit_model(design, columns)))
each_model <- function(f) do.call(rbind, lapply(NAMES, function(name) do.call(rbind, lapply(names(MODELS), function(model) {
  found <- models[[name]][[model]]
  cbind(design = name, model = model, on = paste(MODELS[[model]], collapse = " "), f(found, MODELS[[model]]))
}))))

# `df` is PSUs less strata of the base; `df_residual` that of svyglm, df + 1 less the number of terms.
write_csv(each_model(function(found, columns) {
  fit <- found$fit
  std_error <- sqrt(diag(vcov(fit)))
  statistic <- coef(fit) / std_error
  half <- qt(0.5 + LEVEL / 2, fit$df.residual) * std_error
  cbind(term_of(names(coef(fit)), columns), data.frame(
    n = found$n, estimate = as.numeric(coef(fit)), std_error = as.numeric(std_error), df = found$df,
    df_residual = as.integer(fit$df.residual), statistic = as.numeric(statistic),
    p_value = as.numeric(2 * pt(-abs(statistic), fit$df.residual)), conf_low = as.numeric(coef(fit) - half),
    conf_high = as.numeric(coef(fit) + half)))
}), "expected", "regression_models.csv")

write_csv(each_model(function(found, columns) {
  pair <- all_pairs(length(coef(found$fit)))
  names <- trimws(do.call(paste, term_of(names(coef(found$fit)), columns)))
  data.frame(row_term = names[pair$i], col_term = names[pair$j], covariance = as.numeric(vcov(found$fit)[cbind(pair$i, pair$j)]))
}), "expected", "regression_covariance.csv")
