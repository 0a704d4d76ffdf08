# Independent oracle for models of means, products of covariates, average marginal effects,
# predicted margins and the penalised fit: R packages `survey` and `brglm2`.
#
#   Rscript tests/reference/models.R [OUTDIR]
#
# Writes OUTDIR/input/models_separated.csv and OUTDIR/expected/models_*.csv. Designs are the inputs
# of regression.R.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
suppressPackageStartupMessages(library(brglm2))
set.seed(20261129)

NAMES <- c("srs", "clustered", "stratified_clustered", "fpc_stratified_clustered", "two_stage")
SEGMENTS <- c("sector", "country", "channel")

# Outcome, right-hand side as the command writes it, R's, and the model.
MODELS <- list(
  list(name = "mean", estimand = "mean_score", on = "sector country satisfaction",
       formula = y ~ sector + country + satisfaction, kind = "linear"),
  list(name = "nps_product", estimand = "nps", on = "sector*satisfaction wow_moments",
       formula = y ~ sector + satisfaction + wow_moments + sector:satisfaction, kind = "linear"),
  list(name = "rate_products", estimand = "recommended_past_12m",
       on = "score*sector satisfaction country sector:country",
       formula = y ~ score + sector + satisfaction + country + score:sector + sector:country, kind = "logistic"),
  list(name = "rate_numbers", estimand = "recommended_past_12m", on = "score*satisfaction wow_moments sector",
       formula = y ~ score + satisfaction + wow_moments + sector + score:satisfaction, kind = "logistic"),
  list(name = "rate_plain", estimand = "recommended_past_12m", on = "score satisfaction sector channel",
       formula = y ~ score + satisfaction + sector + channel, kind = "logistic"),
  list(name = "rate_linear", estimand = "recommended_past_12m", on = "score sector",
       formula = y ~ score + sector, kind = "linear"))

outcome <- function(data, estimand) switch(estimand,
  mean_score = as.numeric(data$score),
  nps = (data$score >= 9) - (data$score <= 6),
  recommended_past_12m = ifelse(is.na(data$score), NA, as.numeric(data$recommended_past_12m)))

read_design <- function(name) {
  data <- read_input(paste0("regression_", name))
  for (column in c("satisfaction", "wow_moments")) data[[column]] <- as.numeric(data[[column]])
  for (column in SEGMENTS) data[[column]] <- factor(data[[column]])
  given_design(data)
}

fit_model <- function(design, model) {
  design$variables$y <- outcome(design$variables, model$estimand)
  keep <- complete.cases(design$variables[all.vars(model$formula)])
  family <- if (model$kind == "linear") gaussian() else quasibinomial()
  from <- function(start) svyglm(model$formula, subset(design, keep), family = family, start = start,
                                 control = glm.control(epsilon = 1e-15, maxit = 200))
  fit <- from(coef(from(NULL)))
  list(fit = fit, design = design, keep = keep, family = family, model = model)
}

# Influence of every rating on the coefficients, by hand; rows of the whole design.
influence_of <- function(found) {
  data <- found$design$variables[found$keep, ]
  x <- model.matrix(delete.response(terms(found$model$formula)), data)
  w <- weights(found$design)[found$keep]
  eta <- as.numeric(x %*% coef(found$fit))
  slope <- found$family$mu.eta(eta)
  psi <- (x * w * (data$y - found$family$linkinv(eta))) %*% solve(crossprod(x * w * slope, x))
  list(data = data, x = x, w = w, eta = eta, psi = psi)
}

# A mean over the base of h(beta), with the whole influence: of the coefficients, by numbers near
# them, and of who is in the base.
mean_of <- function(found, own, h) {
  beta <- coef(found$fit)
  total <- sum(own$w)
  values <- h(beta)
  estimate <- sum(own$w * values) / total
  jacobian <- vapply(seq_along(beta), function(j) {
    step <- 1e-5 * max(1, abs(beta[j]))
    at <- function(k) { b <- beta; b[j] <- b[j] + k * step; sum(own$w * h(b)) / total }
    (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
  }, 0)
  influence <- matrix(0, nrow(found$design$variables), 1)
  influence[found$keep, ] <- own$psi %*% jacobian + own$w * (values - estimate) / total
  c(estimate, sqrt(recvar(influence, found$design)))
}

rows_at <- function(found, own, column, value) {
  data <- own$data
  data[[column]] <- if (is.factor(data[[column]])) factor(value, levels(data[[column]])) else value
  model.matrix(delete.response(terms(found$model$formula)), data)
}

effects_of <- function(found) {
  own <- influence_of(found)
  inverse <- found$family$linkinv
  slope <- found$family$mu.eta
  rows <- list()
  add <- function(quantity, term, level, value) rows[[length(rows) + 1]] <<- data.frame(
    quantity = quantity, term = term, level = level, estimate = value[1], std_error = value[2])
  for (column in setdiff(all.vars(found$model$formula), "y")) {
    levels <- levels(own$data[[column]])
    if (is.null(levels)) {
      d <- rows_at(found, own, column, 1) - rows_at(found, own, column, 0)
      add("average_effect", column, "", mean_of(found, own, function(b) slope(own$x %*% b) * (d %*% b)))
      if (length(unique(own$data[[column]])) <= 12) for (value in sort(unique(own$data[[column]]))) {
        at <- rows_at(found, own, column, value)
        add("predicted", column, sprintf("%g", value), mean_of(found, own, function(b) inverse(at %*% b)))
      }
      next
    }
    present <- levels[levels %in% own$data[[column]]]
    zero <- rows_at(found, own, column, present[1])
    for (level in present) {
      at <- rows_at(found, own, column, level)
      add("predicted", column, level, mean_of(found, own, function(b) inverse(at %*% b)))
      if (level != present[1]) add("average_effect", column, level, mean_of(
        found, own, function(b) inverse(at %*% b) - inverse(zero %*% b)))
    }
  }
  do.call(rbind, rows)
}

# Names as ours: levels of a product are joined.
keys_of <- function(names) {
  parts <- strsplit(names, ":", fixed = TRUE)
  split <- function(part) {
    own <- SEGMENTS[startsWith(part, SEGMENTS)]
    if (length(own)) c(own, sub(own, "", part, fixed = TRUE)) else c(part, "")
  }
  data.frame(
    term = sapply(parts, function(p) paste(sapply(p, function(q) split(q)[1]), collapse = ":")),
    level = sapply(parts, function(p) {
      levels <- sapply(p, function(q) split(q)[2])
      paste(levels[levels != ""], collapse = " × ")
    }))
}

designs <- lapply(setNames(nm = NAMES), read_design)
found <- unlist(lapply(NAMES, function(name) lapply(MODELS, function(model) {
  c(fit_model(designs[[name]], model), list(name = name))
})), recursive = FALSE)
label <- function(f) data.frame(design = f$name, model = f$model$name, estimand = f$model$estimand,
                                on = f$model$on, kind = f$model$kind)

write_csv(do.call(rbind, lapply(found, function(f) {
  keys <- keys_of(names(coef(f$fit)))
  keys$term[keys$term == "(Intercept)"] <- "intercept"
  # By hand too: the sandwich of influences is the covariance.
  own <- influence_of(f)
  influence <- matrix(0, nrow(f$design$variables), ncol(own$x))
  influence[f$keep, ] <- own$psi
  stopifnot(max(abs(recvar(influence, f$design) / vcov(f$fit) - 1)) < 1e-6)
  cbind(label(f), keys, data.frame(n = sum(f$keep), estimate = as.numeric(coef(f$fit)),
                                   std_error = sqrt(diag(recvar(influence, f$design)))))
})), "expected", "models_coefficients.csv")

write_csv(do.call(rbind, lapply(found, function(f) cbind(label(f), effects_of(f)))), "expected", "models_effects.csv")

# svypredmeans gives the predicted margins of a segment by a route of its own.
for (f in Filter(function(f) f$model$name == "rate_plain", found)) {
  adjusted <- svyglm(y ~ score + satisfaction + channel, subset(f$design, f$keep), family = quasibinomial(),
                     control = glm.control(epsilon = 1e-15, maxit = 200))
  theirs <- coef(svypredmeans(adjusted, ~sector))
  ours <- effects_of(f)
  ours <- ours[ours$quantity == "predicted" & ours$term == "sector", ]
  stopifnot(max(abs(theirs[ours$level] - ours$estimate)) < 1e-8)
}

# ---------------------------------------------------------------------------------------------
# The penalised fit, without weights: ease tells all who recommended from the others among B2C
# ---------------------------------------------------------------------------------------------

n <- 120
separated <- data.frame(rating_id = sprintf("s-%03d", 1:n), score = sample(5:10, n, TRUE),
                        sector = sample(c("B2B", "B2C"), n, TRUE), country = sample(c("DK", "NO", "SE"), n, TRUE),
                        satisfaction = round(runif(n, 1, 7), 2))
separated$recommended_past_12m <- ifelse(separated$country == "SE", 1L,
                                         rbinom(n, 1L, plogis(-3 + 0.4 * separated$satisfaction)))
save_input(separated, "models_separated")
separated$score <- as.numeric(separated$score)
penalised <- list("sector country satisfaction" = recommended_past_12m ~ sector + country + satisfaction,
                  "score country" = recommended_past_12m ~ score + country)
write_csv(do.call(rbind, lapply(names(penalised), function(on) {
  fit <- glm(penalised[[on]], binomial(), separated, method = "brglmFit", type = "MPL_Jeffreys",
             control = brglmControl(epsilon = 1e-12, maxit = 1000))
  keys <- keys_of(names(coef(fit)))
  keys$term[keys$term == "(Intercept)"] <- "intercept"
  # By hand: the penalised score is nought.
  x <- model.matrix(fit)
  p <- as.numeric(plogis(x %*% coef(fit)))
  h <- diag(x %*% solve(crossprod(x * p * (1 - p), x)) %*% t(x)) * p * (1 - p)
  stopifnot(max(abs(crossprod(x, separated$recommended_past_12m - p + h * (0.5 - p)))) < 1e-8)
  cbind(data.frame(on = on), keys, data.frame(estimate = as.numeric(coef(fit))))
})), "expected", "models_penalised.csv")
