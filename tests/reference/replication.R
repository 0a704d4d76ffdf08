# Independent oracle for replicate weights: R package `survey`.
#
#   Rscript tests/reference/replication.R [OUTDIR]
#
# Writes OUTDIR/input/replicates_*.csv            ratings with repweight_1, repweight_2, ...
#        OUTDIR/expected/replication_*.csv       estimates, scales, bootstrap draws
# Takes inputs of estimation.R, designs.R and calibration.R.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))

BY <- c("", "sector", "country", "sector,country")

# Rows of a table of estimates: svymean of each cell of a replicate design. `mse` 1: deviations from
# the estimate itself; 0: from the mean of the replicates. `empty_replicates`: replicates in which
# the cell has no weight; R drops them with a warning. `df` is R's: the rank of the cell's replicate
# weights less 1.
cell_rows <- function(design, label) {
  design$mse <- label$mse == 1L
  data <- design$variables
  rows <- unlist(lapply(BY, function(by) lapply(cells_of(data, by), function(cell) {
    if (!any(cell$keep)) return(NULL)
    domain <- subset(design, cell$keep)
    mean <- suppressWarnings(svymean(~recommended_past_12m, domain, return.replicates = TRUE))
    # The same from the replicate weights themselves.
    w <- weights(domain, "analysis")
    y <- domain$variables$recommended_past_12m
    replicates <- colSums(w * y) / colSums(w)
    empty <- colSums(w) == 0
    centre <- if (design$mse) coef(mean) else base::mean(replicates[!empty & design$rscales > 0])
    again <- sqrt(design$scale * sum((design$rscales * (replicates - centre)^2)[!empty]))
    std_error <- as.numeric(SE(mean))
    stopifnot(abs(again - std_error) < 1e-12)
    cbind(label, data.frame(
      by = by, sector = cell$sector, country = cell$country, n = sum(cell$keep),
      estimate = as.numeric(coef(mean)), std_error = std_error, df = as.integer(degf(domain)),
      empty_replicates = sum(empty)))
  })), recursive = FALSE)
  do.call(rbind, rows)
}

both_centres <- function(design, label)
  rbind(cell_rows(design, cbind(label, mse = 0L)), cell_rows(design, cbind(label, mse = 1L)))

# ---------------------------------------------------------------------------------------------
# Jackknife made from the design
# ---------------------------------------------------------------------------------------------

# df of linearization beside: PSUs less strata among the cell's ratings.
jackknife <- function(name, type, rule = "fail") {
  old <- options(survey.lonely.psu = rule)
  on.exit(options(old))
  design <- given_design(read_input(name))
  made <- suppressWarnings(as.svrepdesign(design, type = type, compress = FALSE))
  out <- both_centres(made, data.frame(design = name, type = type, lonely_psu = rule))
  cells <- unlist(lapply(BY, function(by) cells_of(design$variables, by)), recursive = FALSE)
  dfs <- sapply(Filter(function(cell) any(cell$keep), cells), function(cell) as.integer(degf(subset(design, cell$keep))))
  out$df_linearization <- rep(dfs, 2)
  out
}

# `adjust` is left out: in R's jackknife the stratum of one PSU then scales all other strata.
jackknives <- list(
  c("clustered", "JK1"), c("fpc_clustered", "JK1"), c("srs", "JK1"), c("weighted", "JK1"),
  c("stratified_clustered", "JKn"), c("stratified", "JKn"), c("missing_behaviour", "JKn"),
  c("domain_df", "JKn"), c("fpc_stratified_clustered", "JKn"), c("fpc_certainty", "JKn"), c("two_stage", "JKn"),
  c("lonely", "JKn", "remove"), c("lonely", "JKn", "certainty"), c("lonely", "JKn", "average"))
write_csv(do.call(rbind, lapply(jackknives, function(case) do.call(jackknife, as.list(case)))),
          "expected", "replication_jackknife.csv")

# Joint covariance of sector by country, deviations from the estimates themselves.
jackknife_covariance <- function(name, type) {
  design <- as.svrepdesign(given_design(read_input(name)), type = type, compress = FALSE, mse = TRUE)
  base <- subset(design, answered(design$variables) & design$variables$score == 10L)
  joint <- svyby(~recommended_past_12m, ~sector + country, base, svymean, covmat = TRUE)
  v <- vcov(joint)
  cells <- as.data.frame(joint)[c("sector", "country")]
  w <- weights(base, "analysis")
  replicates <- sapply(seq_len(nrow(cells)), function(i) {
    keep <- base$variables$sector == cells$sector[i] & base$variables$country == cells$country[i]
    colSums(w[keep, ] * base$variables$recommended_past_12m[keep]) / colSums(w[keep, ])
  })
  away <- sweep(replicates, 2, as.numeric(coef(joint)))
  stopifnot(max(abs(design$scale * crossprod(away * sqrt(design$rscales)) - v)) < 1e-14)
  pair <- all_pairs(nrow(cells))
  data.frame(design = name, type = type, mse = 1L, row_sector = cells$sector[pair$i], row_country = cells$country[pair$i],
             col_sector = cells$sector[pair$j], col_country = cells$country[pair$j], covariance = v[cbind(pair$i, pair$j)])
}
write_csv(rbind(jackknife_covariance("clustered", "JK1"), jackknife_covariance("stratified_clustered", "JKn"),
                jackknife_covariance("fpc_stratified_clustered", "JKn")),
          "expected", "replication_covariance.csv")

# ---------------------------------------------------------------------------------------------
# Each replicate raked again
# ---------------------------------------------------------------------------------------------

# Two margins of input/margins_two.csv, first each alone in turn by hand (iterative proportional
# fitting), then by survey's calibrate, replicate by replicate.
raked <- function(name, type) {
  design <- as.svrepdesign(given_design(read_input(name)), type = type, compress = FALSE)
  rows <- read_input("margins_two")
  of <- function(column) {
    rows <- rows[!is.na(rows[[column]]), ]
    setNames(rows$total, rows[[column]])
  }
  wanted <- list(sector = of("sector"), country = of("country"))
  total <- c(sum(wanted$sector), wanted$sector["B2C"], wanted$country[c("NO", "SE")])
  names(total) <- c("(Intercept)", "sectorB2C", "countryNO", "countrySE")
  fitted <- calibrate(design, ~sector + country, total, calfun = "raking", epsilon = 1e-13, maxit = 500,
                      compress = FALSE)
  by_hand <- function(w) {
    for (round in 1:1000) {
      before <- w
      for (column in names(wanted))
        w <- w * wanted[[column]][design$variables[[column]]] / ave(w, design$variables[[column]], FUN = sum)
      if (max(abs(w - before)) < 1e-12 * max(w)) break
    }
    as.numeric(w)
  }
  stopifnot(max(abs(by_hand(weights(design, "sampling")) - weights(fitted, "sampling"))) < 1e-8)
  stopifnot(max(abs(apply(weights(design, "analysis"), 2, by_hand) - weights(fitted, "analysis"))) < 1e-8)
  both_centres(fitted, data.frame(design = name, margins = "two", type = type))
}
write_csv(rbind(raked("clustered", "JK1"), raked("stratified_clustered", "JKn"), raked("fpc_stratified_clustered", "JKn")),
          "expected", "replication_raked.csv")

# ---------------------------------------------------------------------------------------------
# Replicate weights given with the data
# ---------------------------------------------------------------------------------------------

# Combined weights (multiplier times weight) in columns repweight_1, ...; stratum and psu are not
# published with them.
save_replicates <- function(data, multipliers, name) {
  data$rating_id <- sprintf("%s-%04d", name, seq_len(nrow(data)))
  combined <- round(unclass(multipliers) * data$weight, 6)
  colnames(combined) <- paste0("repweight_", seq_len(ncol(combined)))
  order <- sample(nrow(data))
  save_input(cbind(data[c(FIRST, "weight")], combined)[order, ], name)
}

prepared <- function(psus, sizes) {
  data <- strata_of_psus(psus, sizes)
  data$score <- some_missing(data$score, 0.03)
  data$recommended_past_12m <- some_missing(data$recommended_past_12m, 0.08)
  data
}

set.seed(20240901)
pairs <- rep(2, 14)
data <- prepared(pairs, sample(12:24, sum(pairs), TRUE))
balanced <- function(rho) brrweights(data$stratum, data$psu, fay.rho = rho, compress = FALSE, only.weights = TRUE)
save_replicates(data, balanced(0), "replicates_brr")
save_replicates(data, balanced(0.3), "replicates_fay")

set.seed(20240902)
psus <- c(3, 4, 7, 5, 6, 4)
data <- prepared(psus, sample(10:24, sum(psus), TRUE))
boot <- subbootweights(data$stratum, data$psu, replicates = 40, compress = FALSE)
save_replicates(data, boot$repweights, "replicates_bootstrap")
jkn <- jknweights(data$stratum, data$psu, compress = FALSE)
save_replicates(data, jkn$repweights, "replicates_jkn")
jk1 <- jk1weights(data$psu, compress = FALSE)
save_replicates(data, jk1$repweights, "replicates_jk1")

GIVEN <- list(
  replicates_brr = list(type = "BRR"), replicates_fay = list(type = "Fay", rho = 0.3),
  replicates_bootstrap = list(type = "bootstrap", scale = boot$scale, rscales = boot$rscales),
  replicates_jkn = list(type = "JKn", scale = jkn$scale, rscales = jkn$rscales),
  replicates_jk1 = list(type = "JK1", scale = jk1$scale))
given <- lapply(setNames(nm = names(GIVEN)), function(name) {
  data <- read_input(name)
  columns <- data[grep("^repweight_", names(data))]
  do.call(svrepdesign, c(list(data = data, repweights = columns, weights = ~weight, combined.weights = TRUE, mse = TRUE), GIVEN[[name]]))
})
write_csv(do.call(rbind, lapply(names(given), function(name)
  both_centres(given[[name]], data.frame(design = name, type = GIVEN[[name]]$type)))), "expected", "replication_given.csv")
write_csv(do.call(rbind, lapply(names(given), function(name) {
  replicates <- ncol(given[[name]]$repweights)
  data.frame(design = name, type = GIVEN[[name]]$type, rho = if (is.null(GIVEN[[name]]$rho)) NA_real_ else GIVEN[[name]]$rho,
             replicate = seq_len(replicates), scale = given[[name]]$scale, rscale = rep_len(given[[name]]$rscales, replicates))
})), "expected", "replication_scales.csv")

# ---------------------------------------------------------------------------------------------
# Rao-Wu bootstrap: given draws
# ---------------------------------------------------------------------------------------------

# n_h - 1 PSUs drawn with replacement from the n_h of a stratum; multiplier n_h / (n_h - 1) times
# the number of draws. the multipliers of a stratum
# have mean 1, as those of subbootweights.
multiplier <- unlist(lapply(split(seq_len(nrow(data)), data$stratum), function(rows) {
  of_psus <- unclass(boot$repweights)[rows[!duplicated(data$psu[rows])], ]
  colMeans(of_psus)
}))
stopifnot(abs(multiplier - 1) < 1e-12)

REPLICATES <- 12
bootstrap_of <- function(name) {
  design <- given_design(read_input(name))
  data <- design$variables
  if (is.null(data$stratum)) data$stratum <- "all"
  psus <- unique(data[c("stratum", "psu")])
  psus <- psus[order(psus$stratum, psus$psu), ]
  draws <- do.call(rbind, lapply(split(psus, psus$stratum), function(stratum) {
    n <- nrow(stratum)
    counts <- sapply(seq_len(REPLICATES), function(r) tabulate(sample(n, n - 1, TRUE), n))
    data.frame(design = name, replicate = rep(seq_len(REPLICATES), each = n),
               stratum = if (is.null(design$variables$stratum)) NA_character_ else stratum$stratum,
               psu = stratum$psu, draws = as.integer(counts), multiplier = as.vector(counts) * n / (n - 1))
  }))
  key <- function(d) paste(ifelse(is.na(d$stratum), "all", d$stratum), d$psu)
  multipliers <- sapply(seq_len(REPLICATES), function(r) {
    drawn <- draws[draws$replicate == r, ]
    drawn$multiplier[match(key(data), key(drawn))]
  })
  replicated <- svrepdesign(data = design$variables, repweights = multipliers, weights = weights(design),
                            type = "bootstrap", combined.weights = FALSE, scale = 1 / (REPLICATES - 1),
                            rscales = rep(1, REPLICATES), mse = TRUE)
  by_replicate <- do.call(rbind, unlist(lapply(BY, function(by) lapply(cells_of(data, by), function(cell) {
    if (!any(cell$keep)) return(NULL)
    w <- weights(design)[cell$keep] * multipliers[cell$keep, , drop = FALSE]
    data.frame(design = name, by = by, sector = cell$sector, country = cell$country, replicate = seq_len(REPLICATES),
               estimate = colSums(w * data$recommended_past_12m[cell$keep]) / colSums(w))
  })), recursive = FALSE))
  list(draws = draws, estimates = by_replicate,
       summary = both_centres(replicated, data.frame(design = name, replicates = REPLICATES)))
}
set.seed(20240903)
bootstraps <- lapply(c("stratified_clustered", "clustered"), bootstrap_of)
part <- function(name) do.call(rbind, lapply(bootstraps, `[[`, name))
write_csv(part("draws"), "expected", "replication_draws.csv")
write_csv(part("estimates"), "expected", "replication_draws_estimates.csv")
write_csv(part("summary"), "expected", "replication_draws_summary.csv")
