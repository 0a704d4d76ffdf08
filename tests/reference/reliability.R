# Independent oracle for the reliability of scales: R package `psych`.
#
#   Rscript tests/reference/reliability.R [OUTDIR]
#
# Writes OUTDIR/input/reliability_items.csv, answers without weights, and
# OUTDIR/expected/reliability_coefficients.csv.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
suppressPackageStartupMessages(library(psych))
set.seed(20261130)

ITEMS <- c("ease", "consistency", "resolution", "channel_ease", "advice")
n <- 300
common <- rnorm(n)
items <- sapply(c(0.9, 0.8, 0.7, 0.5, 0.2), function(load) pmin(7, pmax(1, round(4 + 1.4 * (load * common + sqrt(1 - load^2) * rnorm(n))))))
colnames(items) <- ITEMS
data <- data.frame(rating_id = sprintf("i-%03d", 1:n), score = 10L, recommended_past_12m = rbinom(n, 1L, plogis(common)), items)
for (item in ITEMS) data[[item]] <- as.integer(some_missing(data[[item]], 0.03))
save_input(data, "reliability_items")

SETS <- list(ITEMS, ITEMS[1:3], ITEMS[2:5])
write_csv(do.call(rbind, lapply(SETS, function(set) {
  known <- data[complete.cases(data[set]), set]
  each <- suppressWarnings(alpha(known))
  # One factor by least squares off the diagonal; the communalities are those of `fa`.
  one <- fa(known, nfactors = 1, fm = "minres", min.err = 1e-10)
  total <- suppressWarnings(suppressMessages(omega(known, nfactors = 1, plot = FALSE)))$omega.tot
  stopifnot(abs(total - (1 - sum(one$uniquenesses) / sum(cor(known)))) < 1e-6)
  # By hand: alpha of covariances.
  s <- cov(known)
  k <- length(set)
  stopifnot(abs(each$total$raw_alpha - k / (k - 1) * (1 - sum(diag(s)) / sum(s))) < 1e-12)
  data.frame(on = paste(set, collapse = " "), item = c("", "", set),
             quantity = c("alpha", "omega", rep("alpha_without", k)), n = nrow(known),
             estimate = c(each$total$raw_alpha, total, each$alpha.drop$raw_alpha))
})), "expected", "reliability_coefficients.csv")
