# Independent oracle for the degrees of freedom of contrasts from those of their sides.
#
#   Rscript tests/reference/sides.R [OUTDIR]
#
# Writes OUTDIR/expected/sides_*.csv: df, widening of the standard error and p-value of pairs,
# Rao-Scott tests, standardised differences, and terms of logistic models. Estimates and standard
# errors are R's and stand in contrasts_*.csv and regression_*.csv. R's df, `degf` of the union, has
# no regard to which side it comes from. Takes inputs of estimation.R, designs.R, contrasts.R and
# regression.R. By dense matrices over all PSUs: nothing here is as in the code under test.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))

FEWEST_DF <- 11

# ---------------------------------------------------------------------------------------------
# The rule
# ---------------------------------------------------------------------------------------------

# U: influence of each rating by side; HELD: whether it is in the side's base. Of a side with shares
# b of its base by PSU, A = (I - 1 b')' S M S (I - 1 b') estimates the variance of a mean of PSUs'
# rates that have one variance, M centring within strata, times n/(n - 1).
sides_of <- function(design, U, HELD, form = NULL) {
  unit <- as.character(design$cluster[[1]])
  order <- unique(unit)
  stratum <- as.character(design$strata[[1]])[match(order, unit)]
  sums <- function(X) rowsum(X, factor(unit, levels = order))
  n <- as.numeric(table(stratum)[stratum])
  M <- outer(stratum, stratum, "==") * (diag(length(n)) - 1 / n) * ifelse(n > 1, n / (n - 1), 0)
  inside <- sums(HELD * 1) > 0
  B <- sums(HELD * weights(design))
  B <- sweep(B, 2, colSums(B), "/")
  u <- sums(U)
  size <- ncol(B)
  own <- sapply(seq_len(size), function(s) {
    k <- inside[, s]
    b <- B[k, s]
    P <- diag(length(b)) - matrix(b, length(b), length(b), byrow = TRUE)
    A <- t(P) %*% (outer(b, b) * M[k, k]) %*% P
    df <- min(sum(diag(A))^2 / sum(A^2), sum(k) - length(unique(stratum[k])))
    c(df = df, bias = sqrt(sum(b[n[k] > 1]^2) / sum(diag(A))))
  })
  centred <- (u - apply(u, 2, function(v) ave(v, stratum))) * inside * sqrt(ifelse(n > 1, n / (n - 1), 0))
  J <- crossprod(centred)
  diag(J) <- diag(t(u) %*% M %*% u)
  J[crossprod(inside) == 0] <- 0
  unbiased <- J * outer(own["bias", ], own["bias", ])
  lost <- colSums(B^2) / sqrt(colSums(B^4) * own["df", ])
  handed <- ifelse(crossprod(B) > 0, unbiased * sqrt(outer(lost, lost)) / crossprod(B), 0)
  if (is.null(form)) form <- matrix(1, size, size)
  squares <- sum(apply(B, 1, function(b) {
    product <- form %*% (handed * outer(b, b))
    sum(product * t(product))
  }))
  list(df = sum(form * unbiased)^2 / squares,
       widening = sqrt(max(1, sum(form * unbiased) / sum(form * J))))
}

degf_of <- function(design, keep) as.integer(degf(subset(design, keep)))
std_error_of <- function(design, influence) sqrt(as.numeric(recvar(influence, design)))
bears <- function(design, keep, fewest = FEWEST_DF)
  std_error_of(design, influence_of(design, keep)) > 1e-12 && degf_of(design, keep) >= fewest

held_against <- function(design, U, HELD, estimate, union) {
  found <- sides_of(design, U, HELD)
  df <- min(found$df, union)
  std_error <- std_error_of(design, rowSums(U))
  data.frame(df = df, widening = found$widening,
             p_value = 2 * pt(-abs(estimate) / (found$widening * std_error), df))
}

# ---------------------------------------------------------------------------------------------
# Designs, as in contrasts.R
# ---------------------------------------------------------------------------------------------

programme_design <- function(data) {
  per_programme <- function(x) ave(x, data$programme, FUN = sum)
  data$rescaled <- data$weight / per_programme(data$weight) * per_programme(rep(1, nrow(data)))
  svydesign(ids = ~programme, weights = ~rescaled, data = data)
}
GIVEN <- c("srs", "clustered", "stratified_clustered", "domain_df", "fpc_stratified_clustered",
           "two_stage", "mix_stratified_clustered", "mix_fpc", "mix_srs")
designs <- lapply(setNames(nm = GIVEN), function(name) given_design(read_input(name)))
designs$programmes <- programme_design(read_input("programmes"))
base_of <- function(design) answered(design$variables) & design$variables$score == 10L

levels_of <- function(design, columns, base) {
  rows <- unique(design$variables[base, columns, drop = FALSE])
  rows <- rows[do.call(order, c(unname(rev(as.list(rows))), method = "radix")), , drop = FALSE]
  keeps <- lapply(seq_len(nrow(rows)), function(i)
    Reduce(`&`, lapply(columns, function(column) design$variables[[column]] == rows[[column]][i]), base))
  list(rows = rows, keeps = keeps)
}
rate_of <- function(design, keep)
  weighted.mean(design$variables$recommended_past_12m[keep], weights(design)[keep])

# ---------------------------------------------------------------------------------------------
# Pairs
# ---------------------------------------------------------------------------------------------

SCALES <- list(difference = list(value = identity, slope = function(p) 1),
               ratio = list(value = log, slope = function(p) 1 / p),
               odds_ratio = list(value = qlogis, slope = function(p) 1 / (p * (1 - p))))

pairs_of <- function(name, by) {
  design <- designs[[name]]
  columns <- split_by(by)
  found <- levels_of(design, columns, base_of(design))
  sound <- sapply(found$keeps, function(keep) bears(design, keep))
  do.call(rbind, combn(length(sound), 2, simplify = FALSE, FUN = function(pair) {
    if (!all(sound[pair])) return(NULL)
    keeps <- found$keeps[pair]
    p <- sapply(keeps, function(keep) rate_of(design, keep))
    e <- sapply(keeps, function(keep) influence_of(design, keep))
    side <- function(i, column) if (column %in% columns) found$rows[[column]][pair[i]] else NA_character_
    do.call(rbind, lapply(names(SCALES), function(quantity) {
      scale <- SCALES[[quantity]]
      U <- sweep(e, 2, c(1, -1) * sapply(p, scale$slope), "*")
      cbind(data.frame(design = name, by = by, sector = side(1, "sector"), country = side(1, "country"),
                       reference_sector = side(2, "sector"), reference_country = side(2, "country"),
                       quantity = quantity),
            held_against(design, U, do.call(cbind, keeps), scale$value(p[1]) - scale$value(p[2]),
                         degf_of(design, keeps[[1]] | keeps[[2]])))
    }))
  }))
}

BY <- c("sector", "country", "sector,country")
each <- function(f) do.call(rbind, unlist(lapply(names(designs), function(name)
  lapply(BY, function(by) f(name, by))), recursive = FALSE))
write_csv(each(pairs_of), "expected", "sides_pairs.csv")

# ---------------------------------------------------------------------------------------------
# Rao and Scott
# ---------------------------------------------------------------------------------------------

# The trace of Delta is tr(F V), V the covariance of the domains' log odds; R's ddf at most.
rao_scott_of <- function(name, by) {
  design <- designs[[name]]
  keeps <- levels_of(design, split_by(by), base_of(design))$keeps
  if (!all(sapply(keeps, function(keep) bears(design, keep)))) return(NULL)
  p <- sapply(keeps, function(keep) rate_of(design, keep))
  z <- sapply(keeps, function(keep) sum(weights(design)[keep]))
  q <- z / sum(z)
  against <- cbind(-1, diag(length(p) - 1))
  simple <- against %*% diag(1 / (q * p) + 1 / (q * (1 - p))) %*% t(against)
  form <- t(against) %*% solve(simple, against)
  U <- sapply(seq_along(p), function(d) influence_of(design, keeps[[d]]) / (p[d] * (1 - p[d])))
  delta <- form %*% recvar(U, design)
  ndf <- sum(diag(delta))^2 / sum(diag(delta %*% delta))
  pooled <- sum(q * p)
  statistic <- sum(q * (p - pooled)^2) / (pooled * (1 - pooled)) / sum(diag(delta))
  ddf <- min(sides_of(design, U, do.call(cbind, keeps), form)$df, ndf * degf_of(design, Reduce(`|`, keeps)))
  data.frame(design = name, by = by, statistic = statistic, ndf = ndf, ddf = ddf,
             p_value = pf(statistic, ndf, ddf, lower.tail = FALSE))
}
write_csv(each(rao_scott_of), "expected", "sides_rao_scott.csv")

# ---------------------------------------------------------------------------------------------
# Standardised differences
# ---------------------------------------------------------------------------------------------

# Of totals X_B, X_C, Z_B, Z_C by cell of the mix; see contrasts.R.
standardised <- function(totals) {
  t <- matrix(totals, ncol = 4)
  p <- t[, 1:2] / t[, 3:4]
  m <- sweep(t[, 3:4, drop = FALSE], 2, colSums(t[, 3:4, drop = FALSE]), "/")
  c(raw = sum(m[, 1] * p[, 1]) - sum(m[, 2] * p[, 2]), rate = sum(rowMeans(m) * (p[, 1] - p[, 2])),
    mix = sum((m[, 1] - m[, 2]) * rowMeans(p)))
}
slopes_of <- function(f, at) sapply(seq_along(at), function(i) {
  central <- function(h) (f(replace(at, i, at[i] + h)) - f(replace(at, i, at[i] - h))) / (2 * h)
  h <- mean(abs(at)) * 1e-3
  (4 * central(h / 2) - central(h)) / 3
})

standardise <- function(name, by) {
  design <- designs[[name]]
  data <- design$variables
  base <- base_of(design)
  w <- weights(design)
  cell <- do.call(paste, c(data[split_by(by)], sep = "|"))
  of <- lapply(c("B2B", "B2C"), function(sector) base & data$sector == sector)
  common <- intersect(unique(cell[of[[1]]]), unique(cell[of[[2]]]))
  HELD <- do.call(cbind, lapply(of, function(keep) outer(cell, common, "==") & keep))
  k <- length(common)
  y <- ifelse(base, data$recommended_past_12m, 0)
  totals <- c(colSums(w * HELD * y), colSums(w * HELD))
  slopes <- slopes_of(standardised, totals)
  levels <- list(whole = of, common = lapply(1:2, function(s) rowSums(HELD[, (s - 1) * k + 1:k, drop = FALSE]) > 0))
  sound <- lapply(levels, function(keeps) all(sapply(keeps, function(keep) bears(design, keep))))
  cells <- all(sapply(seq_len(2 * k), function(j) bears(design, HELD[, j], 1)))
  value <- standardised(totals)
  rows <- lapply(c("whole", "raw", "rate", "mix"), function(quantity) {
    if (quantity == "whole" || quantity == "raw") {
      keeps <- levels[[if (quantity == "whole") "whole" else "common"]]
      if (!all(sapply(keeps, function(keep) bears(design, keep)))) return(NULL)
      U <- cbind(influence_of(design, keeps[[1]]), -influence_of(design, keeps[[2]]))
      K <- do.call(cbind, keeps)
      estimate <- rate_of(design, keeps[[1]]) - rate_of(design, keeps[[2]])
    } else {
      if (!sound$common || !cells || (quantity == "mix" && k == 1)) return(NULL)
      g <- slopes[quantity, ]
      U <- sapply(seq_len(2 * k), function(j) w * HELD[, j] * (g[j] * y + g[2 * k + j]))
      K <- HELD
      estimate <- value[[quantity]]
    }
    cbind(data.frame(design = name, standardise = by, quantity = quantity),
          held_against(design, U, K, estimate, degf_of(design, rowSums(K) > 0)))
  })
  do.call(rbind, rows)
}
industrial <- c("mix_stratified_clustered", "mix_fpc", "mix_srs", "programmes")
write_csv(do.call(rbind, c(
  unlist(lapply(industrial, function(name) lapply(c("industry", "country", "industry,country"), function(by)
    standardise(name, by))), recursive = FALSE),
  lapply(c("stratified_clustered", "two_stage", "domain_df"), standardise, by = "country"))),
  "expected", "sides_standardised.csv")

# ---------------------------------------------------------------------------------------------
# Levels in logistic models
# ---------------------------------------------------------------------------------------------

MODELS <- list(segments = c("sector", "country"), counts = c("wow_moments", "sector"),
               score = c("score", "sector", "country"),
               continuous = c("score", "satisfaction", "wow_moments", "channel"))
SEGMENTS <- c("sector", "country", "channel")
# Equal weights, or PSUs, so that a PSU is a PSU: elsewhere ratings of a cell stand for each other.
MODELLED <- c("srs", "clustered", "stratified_clustered", "fpc_stratified_clustered", "two_stage", "programmes")

levels_in <- function(name, model) {
  data <- read_input(paste0("regression_", name))
  design <- if (name == "programmes") programme_design(data) else given_design(data)
  columns <- MODELS[[model]]
  keep <- answered(data) & complete.cases(data[columns]) & ("score" %in% columns | data$score == 10L)
  do.call(rbind, lapply(intersect(columns, SEGMENTS), function(column) {
    found <- levels_of(design, column, keep)
    p <- sapply(found$keeps, function(k) rate_of(design, k))
    do.call(rbind, lapply(seq_along(p)[-1], function(i) {
      keeps <- found$keeps[c(i, 1)]
      tested <- all(sapply(c(list(keep), keeps), function(k) bears(design, k)))
      U <- sapply(1:2, function(s) influence_of(design, keeps[[s]]) * c(1, -1)[s] / prod(c(1, -1) * p[c(i, 1)[s]] + c(0, 1)))
      against <- sides_of(design, U, do.call(cbind, keeps))
      data.frame(design = name, model = model, term = column, level = found$rows[[column]][i],
                 tested = as.integer(tested),
                 df = min(against$df, degf_of(design, keeps[[1]] | keeps[[2]])), widening = against$widening)
    }))
  }))
}
write_csv(do.call(rbind, unlist(lapply(MODELLED, function(name) lapply(names(MODELS), function(model)
  levels_in(name, model))), recursive = FALSE)), "expected", "sides_regression.csv")
