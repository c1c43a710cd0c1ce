using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace WarehouseImport.Server.Security.ApiKeys;

/// <summary>
/// The installation's API key (S3): <c>whi_</c>, 256 random bits in base64url, <c>_</c> and a checksum of eight hex digits, so that scanners
/// recognise a leaked key and a mistyped one is told from a wrong one. Only its SHA-256 digest is ever stored.
/// </summary>
internal static class ApiKey
{
    public const string Prefix = "whi_";

    /// <summary>Shortest key a person may choose: 128 random bits in hex.</summary>
    public const int MinimumLength = 32;

    private const int MaximumLength = 512;

    public static string Generate()
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return $"{Prefix}{secret}_{Checksum(secret)}";
    }

    public static string Digest(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Compares in a time that does not depend on where the digests differ.</summary>
    public static bool Matches(string presented, string storedDigest) =>
        presented.Length <= MaximumLength
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Digest(presented)), Encoding.ASCII.GetBytes(storedDigest));

    /// <summary>Checks a key that a person chose. The problem never repeats the key.</summary>
    public static bool IsAcceptable(string key, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        if (key.Length is < MinimumLength or > MaximumLength) problem = $"has {key.Length} characters; allowed are {MinimumLength} to {MaximumLength}, all of them random (for example of 'openssl rand -hex 32')";
        else if (key.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or '~' or '+' or '/' or '=')))
            problem = "contains a character other than letters, digits and _ - . ~ + / =";
        else if (key.StartsWith(Prefix, StringComparison.Ordinal) && !HasValidChecksum(key)) problem = "has a wrong checksum; a character was lost or changed";
        return problem is null;
    }

    private static bool HasValidChecksum(string key)
    {
        var end = key.LastIndexOf('_');
        return end > Prefix.Length && key[(end + 1)..] == Checksum(key[Prefix.Length..end]);
    }

    private static string Checksum(string secret) => Convert.ToHexStringLower(Crc32.Hash(Encoding.ASCII.GetBytes(secret)));
}
