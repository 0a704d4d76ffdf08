# Independent oracle for the multilevel model: R package `lme4`.
#
#   Rscript tests/reference/multilevel.R [OUTDIR]
#
# Writes OUTDIR/input/multilevel_counts.csv, effective counts of programmes that are drawn from the
# model, and OUTDIR/expected/multilevel_*.csv: what they were drawn with, and what glmer finds.

here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
source(file.path(here, "oracle.R"))
suppressPackageStartupMessages(library(lme4))
set.seed(20260307)

PROGRAMMES <- 60
BANDS <- c("0-6", "7-8", "9", "10")
SHARES <- c(0.3, 0.25, 0.15, 0.3)
INDUSTRIES <- c("C", "F", "G", "H", "J", "K", "M", "N")
COUNTRIES <- c("DE", "DK", "FI", "NL", "NO", "SE")
YEARS <- c("2023", "2024", "2025")
SCALES <- c(industry = 0.3, country = 0.25, year = 0.1, "sector × industry" = 0.15,
            "industry × country" = 0.15, programme = 0.35, "programme × score_band" = 0.2)

# ---------------------------------------------------------------------------------------------
# Truth: effects sum to zero over each segment of a crossing, those of programmes over the bands
# ---------------------------------------------------------------------------------------------

centred <- function(x) x - mean(x)
effects_of <- function(name, levels) setNames(centred(rnorm(length(levels), 0, SCALES[[name]])), levels)
crossing_of <- function(name, rows, columns) {
  x <- matrix(rnorm(length(rows) * length(columns), 0, SCALES[[name]]), length(rows), dimnames = list(rows, columns))
  x - outer(rowMeans(x), colMeans(x), "+") + mean(x)
}
sector <- c(B2B = 0.2, B2C = -0.2)
score_band <- setNames(c(-1.6, -0.4, 0.6, 1.4), BANDS)
industry <- effects_of("industry", INDUSTRIES)
country <- effects_of("country", COUNTRIES)
year <- effects_of("year", YEARS)
sector_industry <- crossing_of("sector × industry", names(sector), INDUSTRIES)
industry_country <- crossing_of("industry × country", INDUSTRIES, COUNTRIES)
names_of_programmes <- sprintf("P%02d", seq_len(PROGRAMMES))
programme <- setNames(rnorm(PROGRAMMES, 0, SCALES[["programme"]]), names_of_programmes)
own <- t(apply(matrix(rnorm(PROGRAMMES * 4, 0, SCALES[["programme × score_band"]]), PROGRAMMES), 1, centred))
dimnames(own) <- list(names_of_programmes, BANDS)

# ---------------------------------------------------------------------------------------------
# Counts: a programme is of one sector and industry, in one to three countries and two years
# ---------------------------------------------------------------------------------------------

data <- do.call(rbind, lapply(seq_len(PROGRAMMES), function(p) {
  rows <- expand.grid(score_band = BANDS, country = sample(COUNTRIES, sample(1:3, 1)), year = sort(sample(YEARS, 2)))
  cbind(programme = names_of_programmes[p], sector = sample(names(sector), 1),
        industry = INDUSTRIES[(p - 1) %% length(INDUSTRIES) + 1], rows,
        size = 550 * rlnorm(1, 0, 0.8) / nrow(rows) * 4)
}))
for (column in c("score_band", "country", "year")) data[[column]] <- as.character(data[[column]])
at <- function(x, rows, columns) x[cbind(rows, columns)]
data$true <- plogis(
  -0.6 + sector[data$sector] + score_band[data$score_band] + industry[data$industry] + country[data$country] +
    year[data$year] + at(sector_industry, data$sector, data$industry) +
    at(industry_country, data$industry, data$country) + programme[data$programme] +
    at(own, data$programme, data$score_band))
# The effective number is no whole number; the rate is that of a whole number of answers.
data$n <- round(pmax(1, rpois(nrow(data), data$size * SHARES[match(data$score_band, BANDS)])) / runif(nrow(data), 1, 1.5), 3)
answers <- pmax(1, round(data$n))
data$y <- round(data$n * rbinom(nrow(data), answers, data$true) / answers, 6)
KEYS <- c("programme", "score_band", "sector", "industry", "country", "year")
write_csv(data[c(KEYS, "y", "n")], "input", "multilevel_counts.csv")

listed <- function(term, x) data.frame(term = term, level = names(x), value = as.numeric(x))
crossed <- function(term, x) data.frame(
  term = term, level = as.character(outer(rownames(x), colnames(x), paste, sep = " × ")), value = as.numeric(x))
write_csv(rbind(
  data.frame(term = "intercept", level = "", value = -0.6),
  listed("scale", SCALES), listed("sector", sector), listed("score_band", score_band), listed("industry", industry),
  listed("country", country), listed("year", year), crossed("sector × industry", sector_industry),
  crossed("industry × country", industry_country), listed("programme", programme),
  crossed("programme × score_band", own)), "expected", "multilevel_truth.csv")

# ---------------------------------------------------------------------------------------------
# glmer, on the file as it was written
# ---------------------------------------------------------------------------------------------

counts <- read.csv(file.path(outdir, "input", "multilevel_counts.csv"),
                   colClasses = c(rep("character", length(KEYS)), "numeric", "numeric"))
counts$rate <- counts$y / counts$n
# Fractions of counts are meant: the likelihood is that of book/methods.md.
fit <- suppressWarnings(glmer(
  rate ~ sector + score_band + (1 | industry) + (1 | country) + (1 | year) + (1 | sector:industry) +
    (1 | industry:country) + (1 | programme) + (1 | programme:score_band),
  family = binomial, weights = n, data = counts, nAGQ = 1,
  control = glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e5))))
write_csv(cbind(counts[KEYS], n = counts$n, fitted = as.numeric(fitted(fit))), "expected", "multilevel_fitted.csv")
scales <- as.data.frame(VarCorr(fit))
write_csv(data.frame(term = gsub(":", " × ", scales$grp), scale = scales$sdcor), "expected", "multilevel_scales.csv")
