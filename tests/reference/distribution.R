# Independent oracle for the whole distribution of the score: R package `survey`.
#
#   Rscript tests/reference/distribution.R [OUTDIR]
#
# Writes OUTDIR/expected/distribution_*.csv. Takes inputs of estimation.R and designs.R.
# Shares are means of indicators, the eleven together, of all who give a score, within each sector
# and over both, with their joint covariance.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))

DESIGNS <- c("srs", "weighted", "clustered", "stratified_clustered", "fpc_stratified_clustered",
             "mix_stratified_clustered", "mix_fpc")

shares <- list()
covariances <- list()
for (name in DESIGNS) {
  design <- given_design(read_input(name))
  for (sector in c("", "B2B", "B2C")) {
    data <- design$variables
    own <- design[which(!is.na(data$score) & (sector == "" | data$sector %in% sector)), ]
    own$variables$given <- factor(own$variables$score, levels = 0:10)
    found <- svymean(~given, own)
    shares[[length(shares) + 1]] <- data.frame(
      design = name, sector = sector, score = 0:10, estimate = as.numeric(coef(found)),
      std_error = as.numeric(SE(found)), n = as.integer(table(own$variables$given)))
    covariance <- vcov(found)
    covariances[[length(covariances) + 1]] <- data.frame(
      design = name, sector = sector, score = rep(0:10, each = 11), other = rep(0:10, 11),
      covariance = as.numeric(covariance))
  }
}
write_csv(do.call(rbind, shares), "expected", "distribution_shares.csv")
write_csv(do.call(rbind, covariances), "expected", "distribution_covariance.csv")
