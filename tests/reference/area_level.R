# Independent oracle for Fay and Herriot's area-level model: R package `metafor`, on given covariances
# and on direct estimates of `survey`.
#
#   Rscript tests/reference/area_level.R [OUTDIR]
#
# Writes OUTDIR/input/area_level_*.csv (cells and their covariances) and OUTDIR/expected/area_level_*.csv.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
suppressPackageStartupMessages(library(metafor))
set.seed(20260312)

# ---------------------------------------------------------------------------------------------
# The model
# ---------------------------------------------------------------------------------------------

# sigma2 below this is the boundary, where the model is fitted at 0.
BOUNDARY <- 1e-9
TIGHT <- list(rel.tol = 1e-10)

# Twice the negative restricted log-likelihood, but for a constant, as textbooks have it.
restricted <- function(s, y, x, v) {
  w <- solve(v + diag(s, length(y)))
  xwx <- crossprod(x, w %*% x)
  r <- y - x %*% solve(xwx, crossprod(x, w %*% y))
  as.numeric(determinant(v + diag(s, length(y)))$modulus + determinant(xwx)$modulus + crossprod(r, w %*% r))
}

# P of the error contrasts, and the derivative of `restricted` with respect to s.
projection <- function(s, x, v) {
  w <- solve(v + diag(s, nrow(v)))
  w - w %*% x %*% solve(crossprod(x, w %*% x)) %*% t(x) %*% w
}
slope <- function(s, y, x, v) {
  p <- projection(s, x, v)
  sum(diag(p)) - sum((p %*% y)^2)
}

fit_area <- function(y, x, v) {
  data <- data.frame(cell = seq_along(y), error = seq_along(y))
  dimnames(v) <- list(data$error, data$error)
  model <- function(...) suppressWarnings(rma.mv(y, v, mods = x, intercept = FALSE, random = ~ 1 | cell, data = data,
                                                 control = TIGHT, ...))
  s <- as.numeric(model()$sigma2)
  # nlminb stops where the likelihood no longer changes: from there to where its slope is 0.
  exact <- if (s < BOUNDARY) 0 else uniroot(slope, s * c(0.99, 1.01), y = y, x = x, v = v, tol = 1e-16)$root
  stopifnot(abs(exact - s) < 1e-4 * s || exact == 0)
  if (nzchar(Sys.getenv("SHOW"))) message(s, " ", exact, " ", s/exact-1)
  s <- exact
  fit <- model(sigma2 = s)
  # The rate of a cell is its direct estimate less its error, so the error's prediction has the same
  # standard error as the rate's.
  errors <- function(sigma2) suppressWarnings(rma.mv(
    y, rep(0, length(y)), mods = x, intercept = FALSE, random = list(~ 1 | cell, ~ 1 | error), R = list(error = v),
    Rscale = FALSE, sigma2 = sigma2, data = data, control = TIGHT))
  # Needs a V of full rank, and sigma2 above 0.
  rank <- sum(eigen(v, symmetric = TRUE)$values > 1e-10 * max(diag(v)))
  p <- projection(s, x, v)
  se <- sqrt(pmax(diag(v - v %*% p %*% v), 0))
  prediction <- as.numeric(x %*% fit$beta + ranef(fit)$cell$intrcpt)
  stopifnot(max(abs(prediction - (y - v %*% p %*% y))) < 1e-10)
  if (s > 0 && rank == length(y)) {
    both <- errors(c(s, 1))
    stopifnot(abs(both$sigma2[1] / s - 1) < 1e-6)
    found <- ranef(both)$error
    stopifnot(max(abs(found$se / se - 1)) < 1e-5, max(abs(y - found$intrcpt - prediction)) < 1e-7)
  }
  # Diagonal V: what `blup` gives, at the same sigma2.
  if (all(v[row(v) != col(v)] == 0)) {
    uni <- blup(rma.uni(y, diag(v), mods = x, intercept = FALSE, tau2 = s))
    stopifnot(max(abs(uni$pred - prediction)) < 1e-12, max(abs(uni$se - se)) < 1e-12)
  }
  # No sigma2 is likelier, from here to far off.
  least <- restricted(max(s, if (rank < length(y)) 1e-9 else 0), y, x, v)
  others <- 10^seq(-9, 1, length.out = 400)
  stopifnot(least <= min(sapply(others, restricted, y = y, x = x, v = v)) + 1e-9)
  list(sigma2 = s, beta = as.numeric(fit$beta), beta_se = as.numeric(fit$se), prediction = prediction, se = se)
}

# ---------------------------------------------------------------------------------------------
# Given covariances
# ---------------------------------------------------------------------------------------------

# Cells of a two-level x1 and a count x2; rows of `root` are the cells' shares in some PSUs.
root_of <- function(cells, psus) matrix(rnorm(cells * psus, 0, 0.08 / sqrt(psus)), cells)
full <- function(cells, psus) tcrossprod(root_of(cells, psus))
alone <- function(cells) diag(0.02^2 * rchisq(cells, 4))
CASES <- list(
  diagonal = list(cells = 30, v = alone(30), sigma = 0.06, columns = c("x1", "x2")),
  diagonal_boundary = list(cells = 25, v = 25 * alone(25), sigma = 0, columns = c("x1", "x2")),
  intercept = list(cells = 20, v = full(20, 60), sigma = 0.08, columns = character()),
  full = list(cells = 40, v = full(40, 90), sigma = 0.05, columns = c("x1", "x2")),
  full_boundary = list(cells = 24, v = 9 * full(24, 60), sigma = 0, columns = "x1"),
  few_psus = list(cells = 36, v = full(36, 12), sigma = 0.05, columns = c("x1", "x2")),
  precise = list(cells = 18, v = 1e-6 * full(18, 40), sigma = 0.1, columns = "x1"),
  two_more_than_terms = list(cells = 5, v = full(5, 40), sigma = 0.1, columns = c("x1", "x2")))

generated <- function(name) {
  case <- CASES[[name]]
  e <- eigen(case$v, symmetric = TRUE)
  x1 <- rep(0:1, length.out = case$cells)
  x2 <- rep(0:2, length.out = case$cells)
  error <- e$vectors %*% (sqrt(pmax(e$values, 0)) * rnorm(case$cells))
  y <- 0.5 - 0.1 * x1 + 0.04 * x2 + rnorm(case$cells, 0, case$sigma) + as.numeric(error)
  data.frame(case = name, cell = seq_len(case$cells), y = y, x1 = x1, x2 = x2)
}

# Cases at the boundary are drawn until they are there.
at_boundary <- function(name) {
  repeat {
    cells <- generated(name)
    x <- as.matrix(cbind(1, cells[CASES[[name]]$columns]))
    if (fit_area(cells$y, x, CASES[[name]]$v)$sigma2 == 0) return(cells)
  }
}
drawn <- lapply(names(CASES), function(name) if (grepl("boundary", name)) at_boundary(name) else generated(name))
write_csv(do.call(rbind, drawn), "input", "area_level_cells.csv")
write_csv(do.call(rbind, lapply(names(CASES), function(name) {
  pair <- all_pairs(CASES[[name]]$cells)
  data.frame(case = name, row = pair$i, col = pair$j, covariance = CASES[[name]]$v[cbind(pair$i, pair$j)])
})), "input", "area_level_covariance.csv")

cells <- read.csv(file.path(outdir, "input", "area_level_cells.csv"))
covariances <- read.csv(file.path(outdir, "input", "area_level_covariance.csv"))
found <- lapply(setNames(nm = names(CASES)), function(name) {
  own <- cells[cells$case == name, ]
  v <- matrix(covariances$covariance[covariances$case == name], nrow(own), byrow = TRUE)
  columns <- CASES[[name]]$columns
  c(fit_area(own$y, as.matrix(cbind(intercept = 1, own[columns])), v), list(terms = c("intercept", columns)))
})
each_case <- function(f) do.call(rbind, lapply(names(CASES), function(name) cbind(case = name, f(found[[name]]))))
write_csv(each_case(function(e) data.frame(term = e$terms, sigma2 = e$sigma2, estimate = e$beta, std_error = e$beta_se)),
          "expected", "area_level_cases.csv")
write_csv(each_case(function(e) data.frame(cell = seq_along(e$se), estimate = e$prediction, std_error = e$se)),
          "expected", "area_level_predictions.csv")

# ---------------------------------------------------------------------------------------------
# From the ratings
# ---------------------------------------------------------------------------------------------

STUDIES <- list(
  list(design = "mix_stratified_clustered", by = c("sector", "industry", "country")),
  list(design = "mix_stratified_clustered", by = c("sector", "industry", "country"), on = "country"),
  list(design = "mix_srs", by = c("sector", "industry", "country")),
  list(design = "domain_df", by = c("sector", "country"), on = "sector"),
  list(design = "clustered", by = c("score", "country")),
  list(design = "clustered", by = "country", on = character()),
  list(design = "programmes", by = c("sector", "country"), on = "country"),
  list(design = "programmes", by = c("score", "country")))

# Programmes are PSUs; the weights of each sum to its number of ratings.
study_design <- function(name) {
  data <- read_input(name)
  if (name != "programmes") return(given_design(data))
  data$weight <- data$weight * ave(data$weight, data$programme, FUN = length) /
    ave(data$weight, data$programme, FUN = sum)
  svydesign(ids = ~programme, weights = ~weight, data = data)
}

# Direct estimates of the cells that have a rating, with their joint covariance.
direct <- function(design, by) {
  data <- design$variables
  base <- answered(data) & ("score" %in% by | data$score == 10L)
  rows <- crossings(data[base & complete.cases(data[by]), ], by)
  keeps <- lapply(seq_len(nrow(rows)), function(i) {
    same <- rep(TRUE, nrow(data))
    for (column in by) same <- same & data[[column]] %in% rows[[column]][i]
    base & same
  })
  some <- sapply(keeps, any)
  rows <- rows[some, , drop = FALSE]
  keeps <- setNames(keeps[some], paste0("k", seq_len(sum(some))))
  means <- joint_means(design, keeps)
  list(rows = rows, p = as.numeric(means), v = unname(vcov(means)), n = sapply(keeps, sum),
       df = sapply(keeps, function(keep) as.numeric(degf(subset(design, keep)))))
}

# Least squares of y on two columns with coefficients of 0 or more: the best of what is allowed.
not_negative <- function(x, y) {
  tried <- lapply(list(1:2, 1, 2), function(columns) {
    coefficients <- c(0, 0)
    coefficients[columns] <- qr.coef(qr(x[, columns, drop = FALSE]), y)
    coefficients
  })
  tried <- Filter(function(coefficients) all(coefficients >= 0), tried)
  tried[[which.min(sapply(tried, function(coefficients) sum((y - x %*% coefficients)^2)))]]
}

# The covariance averaged with a smooth diagonal one.
averaged <- function(d, x) {
  v <- diag(d$v)
  own <- v > 1e-24 & d$df >= 1
  p <- as.numeric(x %*% lm.wfit(x, d$p, d$n)$coefficients)
  p <- pmin(pmax(p, 0.5 / d$n), 1 - 0.5 / d$n)
  simple <- p * (1 - p) / d$n
  deff <- cbind(1, d$n / (d$df + 1))
  line <- not_negative((deff * sqrt(d$df))[own, , drop = FALSE], (v / simple * sqrt(d$df))[own])
  share <- ifelse(own, d$df / (d$df + 8), 0)
  out <- d$v * tcrossprod(sqrt(share)) + diag((1 - share) * simple * as.numeric(deff %*% line), length(v))
  list(v = out, smoothed = sum(!own))
}

studied <- lapply(STUDIES, function(study) {
  d <- direct(study_design(study$design), study$by)
  on <- if (is.null(study$on)) study$by else study$on
  levels <- as.data.frame(lapply(d$rows, function(column) factor(column, sort(unique(column)))))
  x <- model.matrix(if (length(on)) reformulate(on) else ~ 1, levels)
  v <- averaged(d, x)
  c(d, fit_area(d$p, x, v$v), list(on = on, terms = colnames(x), used = diag(v$v), smoothed = v$smoothed))
})
each_study <- function(f) do.call(rbind, Map(function(study, e) cbind(
  design = study$design, by = paste(study$by, collapse = " "), on = paste(e$on, collapse = " "), f(e)), STUDIES, studied))
write_csv(each_study(function(e) {
  keys <- data.frame(sector = NA_character_, industry = NA_character_, country = NA_character_,
                     score = NA_integer_)[rep(1, length(e$p)), ]
  keys[names(e$rows)] <- e$rows
  data.frame(keys, n = e$n, df = e$df, direct = e$p, direct_variance = diag(e$v), variance = e$used,
             estimate = e$prediction, std_error = e$se)
}), "expected", "area_level_studies.csv")
write_csv(each_study(function(e) data.frame(
  term = e$terms, smoothed = e$smoothed, sigma2 = e$sigma2, estimate = e$beta, std_error = e$beta_se)),
  "expected", "area_level_models.csv")
